"""The moving picture of the README: the player plays one knob, forward and backward, as a GIF.

It opens a page of `play` in a headless Chromium, goes through its steps and photographs each. It
needs Chromium, chromedriver, and `pip install selenium pillow`; the page itself needs none of them.
"""

import io
import pathlib
import shutil
import sys
import tempfile

import command_line
from command_line import Failed
from micrograd import Value, play
from micrograd.nn import Parameter

SIZE = 838, 640                                 # of a README on a hosting site
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def page():
    """The loss of a model of one weight and one bias, as a page that plays it."""
    x, target = Value(2.0, label="x"), Value(7.0, label="target")
    w, b = Parameter(1.5, label="w"), Parameter(0.5, label="b")
    y = w * x + b
    loss = (y - target) ** 2
    y.label, loss.label = "y", "loss"
    return play(loss)


def photographs(path: pathlib.Path) -> list[bytes]:
    """The page at each of its steps, as PNG."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    for switch in SWITCHES:
        options.add_argument(switch)
    browser, driver = shutil.which("chromium") or "", shutil.which("chromedriver") or ""
    if not (browser and driver):
        raise Failed("the moving picture needs Chromium and chromedriver")
    options.binary_location = browser
    driver = webdriver.Chrome(options=options, service=Service(driver))
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
        driver.get(path.resolve().as_uri())
        last = driver.execute_script("return Number(document.getElementById('step-slider').max)")
        shots = []
        for step in range(last + 1):
            driver.execute_script("""const slider = document.getElementById("step-slider");
                slider.value = arguments[0];
                slider.dispatchEvent(new Event("input", {bubbles: true}));""", step)
            shots.append(driver.get_screenshot_as_png())
        return shots
    finally:
        driver.quit()


def tell(args) -> None:
    try:
        from PIL import Image
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "player.html")
            page().save(path)
            shots = photographs(path)
    except ImportError as missing:
        raise Failed(f"the moving picture needs a package: {missing} "
                     "(pip install selenium pillow)") from None
    frames = [Image.open(io.BytesIO(shot)).convert("RGB").quantize(64) for shot in shots]
    path, gif = args.out / "player.gif", io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:], loop=0, optimize=True,
                   duration=[1500] * (len(frames) - 1) + [4000])
    args.out.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gif.getvalue())
    print(f"{len(frames)} steps are in {path}: {len(gif.getvalue()) / 1000:.0f} kB.")


def main() -> int:
    return command_line.run(tell, command_line.parser(__doc__))


if __name__ == "__main__":
    sys.exit(main())
