"""Every page of the admin, from the URL patterns of its site."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Error, Page, Response

from companies.actors import SYSTEM
from companies.models import (
    ApiKey,
    Company,
    Disabled,
    Partner,
    Site,
    StoredMail,
    User,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEventType,
    WebhookStatus,
)
from companies.services.key_uses import record_api_key_use
from companies.services.webhooks.log import log_webhook_event
from connections.models import Connection, Datasource
from invitations.models import Invitation
from invitations.services.delivery.send import resend_invitation
from invitations.services.demo import ensure_demo
from invitations.services.invitations import record_view, update_invitation
from tests.browser.axe import PICTURES
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_delivery,
    make_endpoint,
    make_invitation,
)
from tests.invitations.api.uses import spend_use
from tests.invitations.services.batches.drafts import people, run

LONG = "Wirtschaftsförderungsgesellschaftsverwaltung " * 3
PARTS = ["site", *sorted({model._meta.app_label for model in admin.site._registry})]
# These need more than a URL: they have their own tests.
LOOKED_AT_ELSEWHERE = {"login", "view_on_site", "second_factor_setup", "second_factor_code", "second_factor_recovery"}
# They lead to the events on the page of the row.
LOOKED_AT_ELSEWHERE |= {f"{name}_history" for name in ("invitations_invitation", "connections_connection")}
LOOKED_AT_ELSEWHERE |= {"companies_webhookendpoint_history"}
# They are not offered for the row.
LOOKED_AT_ELSEWHERE |= {"companies_webhookendpoint_test"}
LOOKED_AT_ELSEWHERE |= {"second_factor_off", "invitations_invitation_preview", "invitations_invitation_offers"}
LOOKED_AT_ELSEWHERE |= {f"companies_{name}_branding_preview" for name in ("company", "partner")}
LOOKED_AT_ELSEWHERE |= {"choose_password", "companies_site_restore", "companies_company_activate"}
# Django's own page, the same for every model: test one of them, and all with `make pictures`.
LOOKS_ALIKE, ONE_OF_MANY = ("_history", "_list"), {"companies_company_history", "companies_list"}
# Questions with the same template and no field of their own: `companies_company_deactivate` is one of them.
LOOKS_ALIKE += ("_site_archive", "_user_unlock", "_user_reset", "_webhookdelivery_redeliver", "_invitation_refuse")
LOOKS_ALIKE += ("_partner_branding", "operations_drop")
LOOKS_ALIKE += tuple(f"_webhookendpoint_{act}" for act in ("pause", "resume", "rotate", "delete", "redeliver"))
# Lists without a column, filter or action of another kind than those of companies, connections and invitations.
LOOKS_ALIKE += tuple(f"_{name}_changelist" for name in ("partner", "site", "user", "group", "storedmail", "datasource"))
LOOKS_ALIKE += tuple(f"_{name}_changelist" for name in ("webhookdelivery", "batch", "apikey"))
# Pages with parts of others: their look is that of invitations, endpoints and connections.
LOOKS_ALIKE += tuple(f"_{name}_change" for name in ("webhookdelivery", "storedmail", "group", "partner", "site"))
LOOKS_ALIKE += ("_apikey_revoke", "_user_password_link", "_user_password_change", "_invitation_search")
LOOKS_ALIKE += tuple(f"_invitation_{act}" for act in ("rotate", "revoke", "limits", "failed_mails"))
# Forms with fewer fields than the page of a row.
LOOKS_ALIKE += tuple(f"_{name}_add" for name in ("partner", "site", "company", "user", "group", "datasource"))

House = dict[type[Model], Model]


def furnish(by: User) -> House:
    """Fill every table, and return the row of each model whose pages are opened.

    Beside it is a row with very long names. `by` is the member of staff who did everything.
    """
    ensure_demo()
    DatasourceFactory.create_batch(3)
    company = Company.objects.get(name="Riverside Bakeries")
    crowded = CompanyFactory.create(name=f"Riverside Bakeries {LONG}", partner=company.partner, external_id="x" * 60)
    SiteFactory.create(company=crowded, name=LONG, address=LONG)
    make_api_key(company.partner, name=LONG[:100], expires_at=timezone.now() + timedelta(days=3))
    record_api_key_use(ApiKey.objects.earliest("pk"), "2001:db8:1234::/48")
    member = UserFactory.create(email="ben@example.com", name="Ben Carter", is_superuser=False, is_limited=True)
    member.companies.set([company, crowded])
    member.groups.set([Group.objects.get(name="Inviter")])
    make_invitation(crowded, external_id="x" * 60)
    invitation = _followed(company)
    rehearsed = CompanyFactory.create(name="Riverside rehearsal", partner=company.partner, is_live=False)
    make_invitation(rehearsed, allowed_emails=["anna@example.com"], send_email=True)
    batch = run(company, people(3), by=by, file_name="bakeries.csv")
    connection = Connection.objects.filter(company=company).latest("pk")
    delivery = _failed_delivery(company)
    others = [Model.objects.earliest("pk") for Model in (Partner, Site, ApiKey, Datasource, Group, StoredMail)]
    rows = [company, member, invitation, batch, connection, delivery, delivery.endpoint, *others]
    house = {type(row): row for row in rows}
    LogEntry.objects.log_actions(by.pk, rows, CHANGE, change_message="Renamed.")
    return house


def _followed(company: Company) -> Invitation:
    """Invitation with a use, several addresses and a bounced mail."""
    wrong, right, anyone = "anna@exmaple.com", "ben@example.com", "*@example.org"
    long = f"{'a-long-name.' * 4}somebody@{'a-long-domain.' * 5}example"
    invitation = make_invitation(
        company, max_uses=5, expires_in=timedelta(days=3), message="Please connect the bakery."
    )
    record_view(invitation)
    spend_use(invitation, url="https://portal.utility.example/login")
    update_invitation(invitation, by=SYSTEM, allowed_emails=[wrong, right, long, anyone])
    resend_invitation(invitation, by=SYSTEM, emails=[wrong, right])
    invitation.deliveries.filter(email=wrong).update(status="BOUNCED", last_error="550 " + "no-such-user " * 9)
    return invitation


def _failed_delivery(company: Company) -> WebhookDelivery:
    """Delivery that failed twice, to an endpoint with a long URL that was disabled."""
    now, url = timezone.now(), f"https://hooks.example.com/{'a-long-path/' * 9}"
    trouble = {"failing_since": now - timedelta(days=5), "disabled_at": now, "disabled_because": Disabled.FAILING}
    endpoint = make_endpoint(company, url=url, event_types=["invitation.used"], include_links=True, **trouble)
    make_endpoint(company, description=LONG, paused_at=now)
    log_webhook_event(endpoint, WebhookEventType.CREATED, by=SYSTEM)
    delivery = make_delivery(endpoint, status=WebhookStatus.FAILED, due_at=None, data={"message": LONG, "id": "x" * 99})
    outcomes = ({"error": "The host was not found."}, {"response_code": 500, "answer": "<h1>Oops</h1>" + "x" * 500})
    for number, outcome in enumerate(outcomes, start=1):
        span = {"started_at": now, "duration": timedelta(seconds=1.5)}
        WebhookAttempt.objects.create(delivery=delivery, number=number, url=url, **span, **outcome)
    return delivery


def screens(part: str, house: House, page: Page, base: str) -> Iterator[str]:
    """Open each page of the part in turn, and yield its name. A part is an app label, or "site" for the rest.

    Leaves out URLs that show no page: files, JSON, buttons, and pages that are forbidden.
    """
    for name, path in _addresses(part, house):
        if not _is_looked_at(name) or (answer := _open(page, base + path)) is None:
            continue
        assert answer.status in {200, 403, 405}, f"{name} answers {answer.status}"
        assert answer.request.redirected_from is None, f"{name} leads to {answer.url}"
        if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
            yield name


def _is_looked_at(name: str) -> bool:
    looks_alike = name.endswith(LOOKS_ALIKE) and name not in ONE_OF_MANY
    return name not in LOOKED_AT_ELSEWHERE and (bool(PICTURES) or not looks_alike)


def _open(page: Page, url: str) -> Response | None:
    """None for a file, which Chromium downloads."""
    try:
        return page.goto(url)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return None


def _addresses(part: str, house: House) -> Iterator[tuple[str, str]]:
    if part == "site":
        named = [each for each in admin.site.get_urls() if getattr(each, "name", None)]
        arguments: dict[str, Any] = {"content_type_id": 1, "object_id": house[Company].pk}
        arguments |= {"uidb64": "x", "token": "x", "job_id": 1}
        for app in PARTS[1:]:
            yield f"{app}_list", reverse("admin:app_list", args=[app])
        yield from _reversed([each for each in named if each.name != "app_list"], arguments)
    if part == "invitations":
        yield "search", f"{reverse('admin:invitations_invitation_search')}?q=riverside"
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label == part:
            assert model in house, f"furnish() makes no {model._meta.verbose_name_plural}"
            pk = house[model].pk
            yield from _reversed(model_admin.get_urls(), {"object_id": pk, "id": pk, "part": "mail"})


def _reversed(patterns: list[Any], arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Skip patterns without a name: they redirect to the others."""
    for each in {each.name: each for each in patterns if each.name}.values():
        wanted = {name: arguments[name] for name in each.pattern.converters}
        yield each.name, reverse(f"admin:{each.name}", kwargs=wanted)
