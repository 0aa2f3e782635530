"""Staff invite many at once: with a worker, by keyboard, and without JavaScript."""

import csv
import re

from django.urls import reverse
from playwright.sync_api import expect

from invitations.models import Batch, Invitation
from invitations.services.batches.create import create_next, start_batch
from tests.browser.axe import check_page
from tests.browser.keyboard import choose, press_on, type_into
from tests.browser.workers import run_worker
from tests.invitations.services.batches.drafts import draft, people, run

ADD = reverse("admin:invitations_batch_add")


def choose_company(page, name):
    page.locator("#id_company ~ .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(name)
    page.get_by_role("option", name=name).click()


def upload(page, content):
    page.locator("#id_file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Check").click()


def test_batch_is_created_followed_and_never_repeated(partner, desk):
    content = people(12) + b"\nnonsense\nperson3@example.com"
    page = desk.open(reverse("admin:invitations_invitation_changelist"))
    page.get_by_role("link", name="Create bulk invitation").click()
    choose_company(page, "Riverside Bakeries")
    page.get_by_label("Your message").fill("Please connect the bakery.")
    upload(page, content)
    look_at_rows(page)
    page.get_by_role("button", name="Create 12 invitations").click()
    follow_to_the_end(page, partner)
    assert Invitation.objects.count() == 12
    assert set(Invitation.objects.values_list("events__type", "events__user")) >= {("CREATED", desk.staff.pk)}

    rows = result_of(page)
    assert [row["result"] for row in rows] == ["CREATED"] * 12 + ["MALFORMED", "DUPLICATE"]
    page.goto(rows[0]["invitationUrl"])
    expect(page.get_by_text("Please connect the bakery.")).to_be_visible()

    page.goto(f"{partner.base}{ADD}?company={partner.company.pk}")
    upload(page, content)
    expect(page.get_by_text("There is nothing to create.")).to_be_visible()
    expect(page.get_by_role("link", name="Invited before 12")).to_be_visible()
    expect(page.get_by_role("button", name="Create")).to_have_count(0)
    assert Invitation.objects.count() == 12


def look_at_rows(page):
    expect(page.get_by_text("12 invitations can be created.")).to_be_visible()
    expect(page.locator(".batch-rows tbody tr")).to_have_count(14)
    page.get_by_role("link", name="Has a mistake 1").click()
    expect(page.get_by_role("row", name="nonsense")).to_contain_text("must have an @-sign.")
    page.get_by_role("link", name="Duplicate in file 1").click()
    expect(page.get_by_role("row", name="person3@example.com")).to_contain_text("The same address as in row 5.")
    assert not Invitation.objects.exists()
    page.goto(page.url.partition("?")[0])


def follow_to_the_end(page, partner):
    expect(page.get_by_role("progressbar", name="Rows done")).to_be_visible()
    expect(page.get_by_text("2 of 14 rows done, 0 invitations created.")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    with run_worker() as mails:
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=120_000)
        assert page.evaluate("window.isTheSamePage")
        expect(page.locator("#news")).to_have_text(
            "Done. 12 invitations created. 2 rows were left out; the list below says why."
        )
        assert mails.link("person7@example.com").startswith(f"{partner.base}/p/i/")


def result_of(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="Download result").click()
    assert re.fullmatch(r"invitations-[0-9-]+-[0-9a-f]{6}\.csv", download.value.suggested_filename)
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_batch_is_created_by_keyboard(partner, desk):
    page = desk.open(reverse("admin:invitations_invitation_changelist"))
    press_on(page, "Create bulk invitation")
    choose(page, "Company", "river", "Riverside Bakeries")
    type_into(page, "Or paste addresses", "Anna <anna@example.com>\nbert@example.com")
    press_on(page, "Check")
    expect(page.get_by_text("2 invitations can be created.")).to_be_visible()
    press_on(page, "Create 2 invitations")
    expect(page.get_by_role("heading", name="Being created")).to_be_visible()
    assert Batch.objects.get().state == "RUNNING"


def test_batch_works_without_javascript(partner, desk):
    page = desk.open(ADD, java_script_enabled=False)
    page.get_by_label("Company", exact=True).select_option("Riverside Bakeries")
    upload(page, people(3))
    page.get_by_role("button", name="Create 3 invitations").click()
    expect(page.get_by_role("heading", name="Being created")).to_be_visible()

    while create_next(Batch.objects.get().pk):
        pass

    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)


def open_draft(company, staff):
    run(company, people(1), by=staff)
    lines = ["a@example.com,7,", "a@example.com,8,", "nonsense,,x", f"{'x' * 60}@{'y' * 60}.example,{'z' * 200},"]
    batch = draft(
        company, "email,externalId,maxUses", "person0@example.com,,", *lines, by=staff, message="Hello " * 300
    )
    return reverse("admin:invitations_batch_change", args=[batch.pk])


def open_running(company, staff):
    batch = start_batch(draft(company, people(8), by=staff), by=staff)
    return reverse("admin:invitations_batch_change", args=[batch.pk])


def test_pages_are_accessible(partner, desk):
    page = desk.open(ADD)
    for summary in page.locator(".batch-columns summary").all():
        summary.click()
    check_page(page, "unfolded")
    for open_batch in (open_draft, open_running):
        page.goto(desk.base + open_batch(partner.company, desk.staff))
        check_page(page, open_batch.__name__)
        words = page.locator(".batch-state__words")  # a long message must not hide any of them
        assert words.evaluate_all("all => all.every((each) => each.scrollHeight <= each.clientHeight)")


def test_errors_stand_beside_their_field(partner, desk):
    page = desk.open(f"{ADD}?company={partner.company.pk}")
    page.get_by_label("Or paste addresses").fill("emial\na@example.com")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".errorlist")).to_have_text("There is no column “emial”. Did you mean “email”?")
    expect(page.get_by_label("Or paste addresses")).to_have_value("emial\na@example.com")
    check_page(page)
