"""People who have a keyboard and nothing else: what they cannot reach by it is not reached here either."""

import re

import pytest
from playwright.sync_api import Page, expect

MOST_TABS = 150
# of what has the focus: what a screen reader would call it
FOCUSED = """() => {
    const focus = document.activeElement;
    const said = focus.getAttribute("aria-label") ?? focus.labels?.[0]?.textContent
        ?? (focus.matches("input[type=submit]") ? focus.value : focus.textContent);
    return said.trim().replace(/\\s+/g, " ").replace(/ ?:$/, "");
}"""


def tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """On to the next thing of this name."""
    wanted = name if isinstance(name, re.Pattern) else re.compile(re.escape(name))
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.fullmatch(page.evaluate(FOCUSED)):
            return
    pytest.fail(f"no way to {name} by the keyboard")


def press_on(page: Page, name: str) -> None:
    """Tab to the link or button of this name, and follow it to another page."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page: Page, name: str, text: str) -> None:
    """Instead of what stands there."""
    tab_to(page, name)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def choose(page: Page, name: str, typed: str, offered: str) -> None:
    """Type into the combobox of this name, and take what it offers."""
    tab_to(page, name)
    if not page.evaluate("document.activeElement.matches('.select2-search__field')"):
        page.keyboard.press("Enter")
        expect(page.locator(".select2-container--open .select2-search__field")).to_be_focused()
    page.keyboard.type(typed)
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text(offered)
    page.keyboard.press("Enter")
