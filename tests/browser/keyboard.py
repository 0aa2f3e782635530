"""Steps by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

MOST_TABS = 150
# selects that a script of the page has not yet turned into comboboxes
PLAIN_SELECTS = "select.admin-autocomplete:not(.select2-hidden-accessible)"
# accessible name of an element
NAME = """(focus) => {
    const said = focus.getAttribute("aria-label") ?? focus.labels?.[0]?.textContent
        ?? (focus.matches("input[type=submit]") ? focus.value : focus.textContent);
    return said.trim().replace(/\\s+/g, " ").replace(/ ?:$/, "");
}"""


# focuses the second element before the next one of this name, unless it is near
APPROACH = f"""(source) => {{
    const wanted = new RegExp(`^(?:${{source}})$`), nameOf = {NAME};
    const focusable = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({{ visibilityProperty: true }}));
    const from = focusable.indexOf(document.activeElement) + 1;
    const place = focusable.findIndex((each, index) => index >= from && wanted.test(nameOf(each)));
    if (place - from > 3) focusable[place - 2].focus({{ preventScroll: true }});
}}"""


def tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """Press Tab until an element of this name has the focus.

    On a long way, only leaves the element at its beginning and passes those before its end.
    """
    wanted = name if isinstance(name, re.Pattern) else re.compile(re.escape(name))
    for number in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.fullmatch(page.evaluate(f"({NAME})(document.activeElement)")):
            return
        if number == 0:
            page.evaluate(APPROACH, wanted.pattern)
    pytest.fail(f"Tab does not reach {name}")


def press_on(page: Page, name: str | re.Pattern[str]) -> None:
    """Tab to the link or button of this name, and press Enter for another page."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page: Page, name: str, text: str) -> None:
    """Replace the text of the field."""
    tab_to(page, name)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def choose(page: Page, name: str, typed: str, offered: str) -> None:
    """Type into the combobox of this name, and choose the option it offers."""
    expect(page.locator(PLAIN_SELECTS)).to_have_count(0)
    tab_to(page, name)
    if not page.evaluate("document.activeElement.matches('.select2-search__field')"):
        page.keyboard.press("Enter")
        expect(page.locator(".select2-container--open .select2-search__field")).to_be_focused()
    page.keyboard.type(typed)
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text(offered)
    page.keyboard.press("Enter")
