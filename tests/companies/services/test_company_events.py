"""The log of companies and sites: each change by staff, partner systems and Latchkey."""

from django.urls import reverse

from companies.actors import SYSTEM, Actor
from companies.models import Company, CompanyEvent
from companies.services.companies import archive_site, create_company, create_site, restore_site, update_company
from tests.factories import CompanyFactory, UserFactory


def logged(row):
    return [(event.type, event.actor, event.detail) for event in row.events.order_by("pk")]


def test_company_log_names_changed_fields(db):
    mary = Actor.staff(UserFactory())
    company = create_company(CompanyFactory().world, name="Acme", reply_to="anna@example.com", by=SYSTEM)
    update_company(company, by=mary, name="Acme", reply_to="ben@example.com", external_id="CRM-1")
    update_company(company, by=mary, name="Acme")

    assert logged(company) == [
        ("CREATED", "SYSTEM", {}),
        ("UPDATED", "STAFF", {"fields": ["replyTo", "externalId"]}),
    ]


def test_site_log_is_in_the_company(company):
    site = create_site(company, name="Main bakery")
    for change in (archive_site, archive_site, restore_site):
        change(site)

    assert [type for type, *_ in logged(site)] == ["CREATED", "ARCHIVED", "RESTORED"]
    assert list(CompanyEvent.objects.filter(site=site, company=company).order_by("pk")) == list(company.events.all())


def test_page_shows_what_api_and_staff_did(api, client):
    created = api.post("company", {"name": "Acme", "externalId": "CRM-1"}).json()
    client.force_login(UserFactory(name="Mary Okafor"))
    page = reverse("admin:companies_company_change", args=[created["id"]])
    client.post(
        page, {"name": "Acme Mills", "external_id": "CRM-1", "locale": "en", "time_zone": "UTC", "reply_to": ""}
    )
    api.post(f"site/company/{created['id']}", {"name": "Main bakery"})

    response = client.get(page)
    lines = [(str(line.event), line.event.actor_name, line.notes) for line in response.context["timeline"].lines]

    key = str(Company.objects.get(pk=created["id"]).partner.api_keys.get())
    assert lines == [
        ("Created", key, []),
        ("Changed", "Mary Okafor", ["name"]),
        ("Created", key, ["Site: Main bakery"]),
    ]
    assert 'id="events"' in response.content.decode()
    history = client.get(reverse("admin:companies_company_history", args=[created["id"]])).content.decode()
    assert f'<a href="{page}#events">Show all events' in history
