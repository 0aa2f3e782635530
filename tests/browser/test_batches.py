"""Staff invite two hundred in one go, with a real worker, by keyboard, with and without a script."""

import csv
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from invitations.models import Batch, Invitation
from invitations.services import create_next, start_batch
from tests.browser.axe import nothing_is_in_the_way
from tests.browser.workers import working
from tests.factories import UserFactory
from tests.invitations.batches.sheets import draft, people, run

ADD = reverse("admin:invitations_batch_add")


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def desk(visitors, staff):
    """Opens a browser in which Mary Okafor has logged in."""

    def open_one(**options):
        client = Client()
        client.force_login(staff)
        page = visitors.visitor(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", **options)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": visitors.base}])
        return page

    return open_one


def choose_company(page, name):
    page.locator(".field-company .select2-selection").click()
    page.locator(".select2-search__field").fill(name)
    page.get_by_role("option", name=name).click()


def upload(page, content):
    page.locator("#id_file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Show verdicts").click()


def expect_verdicts(page):
    expect(page.get_by_text("200 invitations can be created.")).to_be_visible()
    expect(page.locator(".batch-rows tbody tr")).to_have_count(100)
    page.get_by_role("link", name="Malformed 1").click()
    expect(page.get_by_role("row", name="nonsense")).to_contain_text("This is not an e-mail address.")
    page.get_by_role("link", name="Duplicate in file 1").click()
    expect(page.get_by_role("row", name="person3@example.com")).to_contain_text("The same address as in row 5.")


def downloaded(page):
    """The rows of the result."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download result").click()
    assert re.fullmatch(r"invitations-[0-9-]+-[0-9a-f]{6}\.csv", download.value.suggested_filename)
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_two_hundred_are_invited_followed_and_never_twice(partner, desk, staff):
    content = people(200) + b"\nnonsense\nperson3@example.com"
    page = desk()
    page.goto(partner.base + reverse("admin:invitations_invitation_changelist"))
    page.get_by_role("link", name="Invite many").click()
    choose_company(page, "Riverside Bakeries")
    page.get_by_label("Message").fill("Please connect the bakery.")
    upload(page, content)

    expect_verdicts(page)
    assert not Invitation.objects.exists()

    address = page.url.partition("?")[0]
    page.goto(address)
    page.get_by_role("button", name="Create 200 invitations").click()
    expect(page.get_by_role("progressbar", name="Rows done")).to_be_visible()
    expect(page.get_by_text("2 of 202 rows done, 0 invitations created.")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    with working(partner.base, keep_jobs=True) as mails:
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
        assert page.evaluate("window.isTheSamePage")
        expect(page.locator("#news")).to_have_text(
            "Done. 200 invitations created. 2 rows were left out; the list below says why."
        )
        link = mails.link("person7@example.com")
        assert link.startswith(f"{partner.base}/p/i/")

    assert Invitation.objects.count() == 200
    assert set(Invitation.objects.values_list("events__type", "events__user")) >= {("CREATED", staff.pk)}
    rows = downloaded(page)
    assert [row["result"] for row in rows] == ["CREATED"] * 200 + ["MALFORMED", "DUPLICATE"]
    page.goto(rows[0]["invitationUrl"])
    expect(page.get_by_text("Please connect the bakery.")).to_be_visible()

    page.goto(f"{partner.base}{ADD}?company={partner.company.pk}")
    upload(page, content)
    expect(page.get_by_text("There is nothing to create.")).to_be_visible()
    expect(page.get_by_role("link", name="Invited before 200")).to_be_visible()
    expect(page.get_by_role("button", name="Create")).to_have_count(0)
    assert Invitation.objects.count() == 200


def test_the_keyboard_alone_invites(partner, desk):
    page = desk()
    page.goto(f"{partner.base}{ADD}?company={partner.company.pk}")
    page.get_by_label("Or paste here").focus()
    page.keyboard.type("Anna <anna@example.com>\nbert@example.com")
    press(page, "Show verdicts")
    expect(page.get_by_text("2 invitations can be created.")).to_be_visible()
    press(page, "Create 2 invitations")
    expect(page.get_by_role("heading", name="Being created")).to_be_visible()
    assert Batch.objects.get().state == "RUNNING"


def press(page, name):
    """Tab to the button of this name, and Enter."""
    for _ in range(60):
        if page.evaluate("document.activeElement.value") == name:
            return page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    return pytest.fail(f"no way leads to {name}")


def test_without_a_script_all_of_it_works_and_the_page_asks_again_by_itself(partner, desk):
    page = desk(java_script_enabled=False)
    page.goto(partner.base + ADD)
    page.get_by_label("Company").select_option("Riverside Bakeries")
    upload(page, people(3))
    page.get_by_role("button", name="Create 3 invitations").click()
    expect(page.get_by_role("heading", name="Being created")).to_be_visible()

    while create_next(Batch.objects.get().pk):
        pass

    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=15_000)


def open_add(company, staff):
    return ADD


def open_draft(company, staff):
    run(company, people(1), by=staff)
    lines = ["a@example.com,7,", "a@example.com,8,", "nonsense,,x", f"{'x' * 60}@{'y' * 60}.example,{'z' * 200},"]
    batch = draft(
        company, "email,externalId,maxUses", "person0@example.com,,", *lines, by=staff, message="Hello " * 300
    )
    return reverse("admin:invitations_batch_change", args=[batch.pk])


def open_running(company, staff):
    batch = start_batch(draft(company, people(250), by=staff), by=staff)
    create_next(batch.pk)
    return reverse("admin:invitations_batch_change", args=[batch.pk])


def open_done(company, staff):
    batch = run(company, people(3), by=staff)
    return reverse("admin:invitations_batch_change", args=[batch.pk])


def open_list(company, staff):
    run(company, people(3), by=staff, file_name="people.csv")
    return reverse("admin:invitations_batch_changelist")


PAGES = [open_add, open_draft, open_running, open_done, open_list]


@pytest.mark.parametrize("open_page", PAGES, ids=lambda value: value.__name__)
def test_nothing_is_in_the_way_of_anybody(partner, desk, staff, open_page):
    page = desk()
    address = partner.base + open_page(partner.company, staff)
    page.goto(address)
    for summary in page.locator(".batch-columns summary").all():
        summary.click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        nothing_is_in_the_way(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_does_not_hold_is_said_beside_its_field_to_everybody(partner, desk):
    page = desk()
    page.goto(f"{partner.base}{ADD}?company={partner.company.pk}")
    page.get_by_label("Or paste here").fill("emial\na@example.com")
    page.get_by_role("button", name="Show verdicts").click()
    expect(page.get_by_text("“emial” is not the name of a column. Did you mean “email”?")).to_be_visible()
    expect(page.get_by_label("Or paste here")).to_have_value("emial\na@example.com")
    nothing_is_in_the_way(page)
