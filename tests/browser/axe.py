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
# axe-core looks at the size of targets (WCAG 2.2, 2.5.8) only if it is asked.
RULES = {"target-size": {"enabled": True}}
# Preloading would add inline styles, which our Content-Security-Policy refuses. Our one frame allows no script.
OPTIONS = {"preload": False, "iframes": False, "resultTypes": ["violations"], "rules": RULES}
# In the dark only the colours differ.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
COLOURS = {"runOnly": COLOUR_RULES}
NO_COLOURS = {"rules": RULES | {rule: {"enabled": False} for rule in COLOUR_RULES}}
# For each text that is visible, all that its contrast depends on.
SHOWN_COLOURS = """() => {
    const backdrops = new Map([[null, ""]]);
    const backdrop = (each) => {
        if (!backdrops.has(each)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(each);
            backdrops.set(each, `${backdrop(each.parentElement)} ${backgroundColor} ${backgroundImage} ${opacity}`
                .replaceAll(" rgba(0, 0, 0, 0) none 1", ""));
        }
        return backdrops.get(each);
    };
    const hasText = (each) => each.matches("input, select, textarea")
        || [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return [...document.body.querySelectorAll("*")].filter(hasText)
        .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.offsetWidth > 1)
        .map((each) => {
            const { color, fontSize, fontWeight, textDecorationLine, textShadow } = getComputedStyle(each);
            const beside = each.matches("a") ? getComputedStyle(each.parentElement).color : "";
            return [color, fontSize, fontWeight, textDecorationLine, textShadow, beside, backdrop(each)].join();
        });
}"""
SETTLE_COLOURS = """() => document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity).forEach((each) => each.finish())"""
# scripts that place an open list do so in the next frame
WIDTH_AFTER_RESIZE = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(
    () => resolve(document.documentElement.scrollWidth))))"""
PICTURES = os.environ.get("PICTURES")
PASSED_COLOURS: set[str] = set()


def check_page(page: Page, name: str = "") -> None:
    """Check that the page fits each width without scrolling sideways, and that axe-core finds no violation.

    axe-core looks once at each colour scheme: at the light one on a desktop, at the dark one on a phone. It leaves out
    the colours if earlier pages of this process showed the same text and background together.
    `make pictures` looks at all in both widths and takes a picture of each, called `name` or the page's title.
    """
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        scroll_width = page.evaluate(WIDTH_AFTER_RESIZE)
        assert scroll_width <= width, f"{page.url} is {scroll_width} pixels wide, the window {width}"
        for scheme in SCHEMES if PICTURES else (SCHEMES[width == PHONE],):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLE_COLOURS)
            _check_accessibility(page, scheme, f"{page.url}, {width}, {scheme}")
            if PICTURES:
                _take_picture(page, f"{name or page.title()}-{width}-{scheme}")


def keep_axe(page: Page) -> None:
    """Let the pages that this browser opens next have axe-core, which takes long to send to each of them."""
    page.context.add_init_script(f"window.loadAxe = () => {{ if (!window.axe) {{ {AXE_SCRIPT} }} }};")


def _check_accessibility(page: Page, scheme: str, place: str) -> None:
    shown = {f"{scheme} {each}" for each in page.evaluate(SHOWN_COLOURS)}
    are_new = bool(PICTURES) or not shown <= PASSED_COLOURS
    if scheme == "light" or are_new:
        found = _run_axe(page, OPTIONS | (COLOURS if scheme == "dark" else {} if are_new else NO_COLOURS))
        assert found.violations_count == 0, f"{place}: {found.generate_report()}"
        PASSED_COLOURS.update(shown)


def _run_axe(page: Page, options: dict[str, Any]) -> AxeResults:
    if page.evaluate("window.loadAxe?.(), typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(page.evaluate("options => axe.run(options)", options))


def _take_picture(page: Page, name: str) -> None:
    """Save the picture in a folder named for the test file; its name begins with the test's parameters."""
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
    folder, case = Path(test.partition("::")[0]).stem.removeprefix("test_"), test.partition("[")[2]
    path = Path(PICTURES or "", folder, f"{slugify(f'{case} {name}')}.png")
    page.screenshot(path=path, full_page=True, animations="disabled")
