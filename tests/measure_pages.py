"""How fast a page trains: `python tests/measure_pages.py`, with Chromium and selenium.

The page is that of 100 samples and a network 2-16-16-1 of 337 parameters, its layers closed. It
trains for some seconds at each of the speeds that it offers, and is timed from within: steps made
and frames drawn in a second. Beside it stands what a step costs alone, with nothing drawn.
"""

import random
import sys
import tempfile
from pathlib import Path

from conftest import Browser

from micrograd.nn import MLP
from micrograd.player import live

SECONDS = 3
ALONE = """
    const began = performance.now(), count = 200;
    for (let k = 0; k < count; k++) source.slope(source.samples);
    return (performance.now() - began) / count;"""
LIVE = """
    const [speed, seconds, done] = arguments, play = document.getElementById("train-play");
    document.getElementById("train-reset").click();
    document.getElementById("train-speed").value = speed;
    play.click();
    const began = performance.now();
    let frames = 0;
    const tick = () => {
        frames += 1;
        const took = (performance.now() - began) / 1000;
        if (took < seconds) { requestAnimationFrame(tick); return; }
        play.click();
        done([source.steps / took, frames / took]);
    };
    requestAnimationFrame(tick);"""


def page(path):
    """The page to be measured, as a file."""
    rng = random.Random(0)
    model = MLP(2, [16, 16, 1], rng=rng)
    samples = [(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.choice([-1, 1])) for _ in range(100)]
    return live(lambda x1, x2, y: (1 - y * model([x1, x2])).relu(), samples, model, 1).save(path)


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(Path(folder) / "profile")
        try:
            browser.open(page(Path(folder) / "knobs.html"))
            browser.run(ALONE)                  # once for the browser's own compiler
            print(f"A step alone takes {browser.run(ALONE):.2f} ms.")
            speeds = browser.run("return [...document.querySelectorAll('#train-speed option')]"
                                 ".map((option) => option.value)")
            for speed in speeds:
                steps, frames = browser.driver.execute_async_script(LIVE, speed, SECONDS)
                print(f"{speed:>4} per s: {steps:6.1f} steps and {frames:5.1f} frames a second")
        finally:
            browser.driver.quit()


if __name__ == "__main__":
    sys.exit(main())
