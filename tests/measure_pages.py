"""How fast a page trains: `python tests/measure_pages.py`, with Chromium and selenium.

The page is that of 100 samples and a network 2-16-16-1 of 337 parameters, its layers closed. It
trains for some seconds at each of the speeds that it offers, and is timed from within: steps made
and frames drawn in a second. Beside it stands what a step costs alone, with nothing drawn. Then a
film of the training of XOR is played, as fast as the screen changes: frames shown in a second, and
for how much of a frame's time the page keeps a processor busy, in each kind of work.
"""

import random
import sys
import tempfile
from pathlib import Path

from conftest import Browser

from micrograd import tanh
from micrograd.losses import mse_loss
from micrograd.nn import MLP
from micrograd.optim import SGD
from micrograd.player import Film, live

SECONDS = 3
KINDS = ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"]
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

PLAY = """
    const [count, done] = arguments, began = performance.now();
    let k = 0;
    const tick = () => {
        show(model.step, k += 1);
        if (k < count) requestAnimationFrame(tick);
        else done(1000 * count / (performance.now() - began));
    };
    tick();"""


def page(path):
    """The page to be measured, as a file."""
    rng = random.Random(0)
    model = MLP(2, [16, 16, 1], rng=rng)
    samples = [(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.choice([-1, 1])) for _ in range(100)]
    return live(lambda x1, x2, y: (1 - y * model([x1, x2])).relu(), samples, model, 1).save(path)


def film(path, frames):
    """A film of as many frames: a network 2-2-1 learns XOR."""
    model = MLP(2, [2, 1], activation=tanh, rng=random.Random(1))
    optimizer, recorded = SGD(model.parameters(), lr=0.2), Film()
    for _ in range(frames):
        outputs = [model([x1, x2]) for x1 in (0, 1) for x2 in (0, 1)]
        loss = mse_loss(outputs, [0, 1, 1, 0])
        model.zero_grad()
        loss.backward()
        recorded.add(loss)
        optimizer.step()
    return recorded.save(path)


def busy(browser):
    """Seconds for which the page has kept a processor busy so far."""
    metrics = browser.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return {metric["name"].removesuffix("Duration"): metric["value"] for metric in metrics
            if metric["name"] in KINDS}


def measure_film(browser, path, frames=200):
    browser.open(film(path, frames))
    browser.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(2):                          # once for the browser's own compiler
        browser.run("show(model.step, 0)")
        before = busy(browser)
        shown = browser.driver.execute_async_script(PLAY, frames - 1)
        each = {kind: 1000 * (x - before[kind]) / frames for kind, x in busy(browser).items()}
    told = ", ".join([f"{kind} {ms:.1f}" for kind, ms in each.items()])
    print(f"Film: {shown:.1f} frames a second; busy for this many ms of each: {told}")


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
            measure_film(browser, Path(folder) / "film.html")
        finally:
            browser.driver.quit()


if __name__ == "__main__":
    sys.exit(main())
