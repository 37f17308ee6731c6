"""The page as pictures, for slides and for wherever no script runs.

A browser that shows no window opens the page, goes from one moment to the next, and is photographed.
This needs a Chrome or Chromium and `pip install selenium pillow tqdm`; the page needs none of them.
"""

import contextlib
import io
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from ..ground import files

__all__ = ["ENDINGS", "save"]

ENDINGS = (".gif", ".png")
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
CALM = [{"name": "prefers-reduced-motion", "value": "reduce"},
        {"name": "prefers-color-scheme", "value": "light"}]
COLOURS = 64                                    # of a GIF, which has at most 256
LAST = 4.0                                      # seconds, at least, that its end is shown


def save(path: str, page: str, moments: Sequence[tuple[int, int]], seconds: float,
         size: tuple[int, int]) -> str:
    """Photograph a page at these steps of these frames. Returns the path of the picture, or of the
    first: a GIF shows each for so many seconds, PNGs are numbered.

    Raises RuntimeError without a browser, or the packages that work with one.
    """
    stem, ending = os.path.splitext(path)
    os.stat(os.path.dirname(path) or ".")       # without a folder, no browser need be started
    shots = photographs(page, moments, size)
    if ending.lower() == ".gif":
        files.write(path, moving(shots, seconds))
        return path
    paths = [f"{stem}-{i:0{len(str(len(shots) - 1))}}{ending}" for i in range(len(shots))]
    for path, shot in zip(paths, shots):
        files.write(path, shot)
    return paths[0]


def photographs(page: str, moments: Sequence[tuple[int, int]], size: tuple[int, int]) -> list[bytes]:
    """The page at each of these steps of these frames, as PNG."""
    with opened(page, size) as browser:
        from tqdm import tqdm
        shots = []
        for moment in tqdm(moments, "photographs", leave=False, disable=None):
            browser.execute_script("show(...arguments)", *moment)
            shots.append(browser.get_screenshot_as_png())
        return shots


@contextlib.contextmanager
def opened(page: str, size: tuple[int, int]) -> Iterator[Any]:
    """A browser of this size in which the page is open, as a `WebDriver` of Selenium."""
    try:
        import PIL  # noqa: F401                # it is better missed before the work than after it
        import tqdm  # noqa: F401
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
    except ImportError as missing:
        raise RuntimeError("pictures of the page need packages: pip install selenium pillow tqdm "
                           f"({missing})") from None
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as at_the_end:
        file = pathlib.Path(folder, "page.html")
        file.write_text(page, "utf-8")
        try:
            browser = webdriver.Chrome(**_what_is_here(webdriver))
            at_the_end.callback(browser.quit)
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": CALM})
            browser.get(file.as_uri())
            yield browser
        except WebDriverException as error:
            told = (error.msg or "").strip().partition("\n")[0]
            raise RuntimeError("pictures of the page need the browser Chrome or Chromium, and its "
                               f"chromedriver ({told})") from None


def _what_is_here(webdriver) -> dict:
    """The Chromium that is installed, with its driver; any other, Selenium looks for itself."""
    options = webdriver.ChromeOptions()
    for switch in SWITCHES:
        options.add_argument(switch)
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        return {"options": options}
    options.binary_location = browser
    return {"options": options, "service": webdriver.ChromeService(driver)}


def moving(shots: list[bytes], seconds: float) -> bytes:
    """A GIF that shows each picture for so long, the last one longer, and begins again."""
    from PIL import Image
    frames = [Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS) for shot in shots]
    gif, each = io.BytesIO(), round(1000 * seconds)
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:], loop=0, optimize=True,
                   duration=[each] * (len(frames) - 1) + [round(1000 * max(seconds, LAST))])
    return gif.getvalue()
