"""What axe-core has to say of a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# it would bring in style sheets of style sheets as inline styles, which our Content-Security-Policy refuses
OPTIONS = {"preload": False}
COLOURS_SETTLE_MS = 300


def nothing_is_in_the_way(page: Page) -> None:
    """axe-core finds nothing, in light and in dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(COLOURS_SETTLE_MS)
        found = Axe().run(page, options=OPTIONS)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
