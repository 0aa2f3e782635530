"""What axe-core has to say of a page, whether it fits, and its picture where `make pictures` asks for it."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.utils.text import slugify
from playwright.sync_api import Page

DESKTOP, PHONE = 1280, 390
WIDTHS = (PHONE, DESKTOP)
SCHEMES = ("light", "dark")
# preloading brings in style sheets of style sheets as inline styles, which our Content-Security-Policy refuses; the one
# frame there is lets no script in
OPTIONS = {"preload": False, "iframes": False, "resultTypes": ["violations"]}
# what can be otherwise in the dark: there only the colours are others
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
SETTLE_COLOURS = """() => document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity).forEach((each) => each.finish())"""
PICTURES = os.environ.get("PICTURES")


def nothing_is_in_the_way(page: Page, name: str = "", *, widths: tuple[int, ...] = WIDTHS) -> None:
    """It fits into each width without scrolling sideways, and axe-core finds nothing, in light and in dark.

    `name`: of its pictures, instead of its title.
    """
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} pixels wide, the window {width}"
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLE_COLOURS)
            found = _look(page, OPTIONS | COLOURS if scheme == "dark" else OPTIONS)
            assert found.violations_count == 0, f"{page.url}, {width}, {scheme}: {found.generate_report()}"
            if PICTURES:
                _take(page, f"{name or page.title()}-{width}-{scheme}")


def _look(page: Page, options: dict[str, Any]) -> AxeResults:
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(page.evaluate("options => axe.run(options)", options))


def _take(page: Page, name: str) -> None:
    """In a folder for the file of the tests, named by the test's parameters too."""
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
    folder, case = Path(test.partition("::")[0]).stem.removeprefix("test_"), test.partition("[")[2]
    path = Path(PICTURES or "", folder, f"{slugify(f'{case} {name}')}.png")
    page.screenshot(path=path, full_page=True, animations="disabled")
