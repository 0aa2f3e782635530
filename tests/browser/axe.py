"""Checks of a page: axe-core, its width, and pictures for `make pictures`."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.utils.text import slugify
from playwright.sync_api import Page

DESKTOP, PHONE = 1280, 390
WIDTHS = (PHONE, DESKTOP)
SCHEMES = ("light", "dark")
# Preloading would add inline styles, which our Content-Security-Policy refuses. Our one frame allows no script.
OPTIONS = {"preload": False, "iframes": False, "resultTypes": ["violations"]}
# In the dark only the colours differ.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
SETTLE_COLOURS = """() => document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity).forEach((each) => each.finish())"""
PICTURES = os.environ.get("PICTURES")


def check_page(page: Page, name: str = "") -> None:
    """Check that the page fits each width without scrolling sideways, and that axe-core finds no violation.

    axe-core looks once at each colour scheme: at the light one on a desktop, at the dark one on a phone.
    `make pictures` looks at both in both widths and takes a picture of each, called `name` or the page's title.
    """
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        scroll_width = page.evaluate("document.documentElement.scrollWidth")
        assert scroll_width <= width, f"{page.url} is {scroll_width} pixels wide, the window {width}"
        for scheme in SCHEMES if PICTURES else (SCHEMES[width == PHONE],):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLE_COLOURS)
            found = _run_axe(page, OPTIONS | COLOURS if scheme == "dark" else OPTIONS)
            assert found.violations_count == 0, f"{page.url}, {width}, {scheme}: {found.generate_report()}"
            if PICTURES:
                _take_picture(page, f"{name or page.title()}-{width}-{scheme}")


def _run_axe(page: Page, options: dict[str, Any]) -> AxeResults:
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(page.evaluate("options => axe.run(options)", options))


def _take_picture(page: Page, name: str) -> None:
    """Save the picture in a folder named for the test file; its name begins with the test's parameters."""
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
    folder, case = Path(test.partition("::")[0]).stem.removeprefix("test_"), test.partition("[")[2]
    path = Path(PICTURES or "", folder, f"{slugify(f'{case} {name}')}.png")
    page.screenshot(path=path, full_page=True, animations="disabled")
