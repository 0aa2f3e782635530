"""Steps on the pages of the contributor."""

import re

from playwright.sync_api import Locator, Page, expect


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(re.compile(rf"^{label}( \(optional\))?$"))


def log_in_with(page: Page, username: str = "riverside", password: str = "pa55 wörd") -> None:
    field(page, "User name").fill(username)
    page.locator("[name=password]").fill(password)


def press(page: Page, name: str = "Connect account") -> None:
    page.get_by_role("button", name=name).click()


def expect_saved(page: Page, provider: str) -> None:
    saved = page.get_by_role("region", name="What we saved")
    expect(saved).to_contain_text(provider)
