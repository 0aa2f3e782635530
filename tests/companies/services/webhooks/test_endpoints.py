from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.exceptions import TooManyWebhooks
from companies.models import Disabled, EndpointStatus, PartnerEventType, WebhookDelivery, WebhookEndpoint
from companies.services.webhooks.endpoints import (
    MAX_ENDPOINTS,
    clear_endpoint,
    create_endpoint,
    delete_endpoint,
    pause_endpoint,
    resume_endpoint,
    rotate_secret,
    update_endpoint,
)
from companies.services.webhooks.signing import SECRET_OVERLAP, current_secrets
from config.exceptions import InvalidField, NotFound
from tests.factories import CompanyFactory, make_api_key, make_delivery, make_endpoint
from tests.races import race

URL = "https://hooks.example.com/latchkey"


def fields_of(error):
    return [each.field for each in error.errors]


def log_of(endpoint):
    return list(endpoint.events.order_by("pk").values_list("type", "detail"))


def test_endpoint_is_created_with_its_secret(company, caplog):
    key, _ = make_api_key(company.partner)
    caplog.set_level("INFO")

    _, secret = create_endpoint(
        company.world,
        url=f"  {URL} ",
        by=Actor.partner(key),
        description=" ERP ",
        event_types=["invitation.used", "invitation.used"],
        company_ids=[company.pk, company.pk],
        contact_email="Anna <Anna@Example.com>",
    )

    stored = WebhookEndpoint.objects.get()
    assert (stored.url, stored.description, stored.event_types) == (URL, "ERP", ["invitation.used"])
    assert (stored.company_ids, stored.contact_email) == ([company.pk], "anna@example.com")
    assert (stored.is_live, stored.include_links, stored.status) == (True, False, EndpointStatus.ACTIVE)
    assert current_secrets(stored, now=timezone.now()) == [secret]
    assert secret.removeprefix("whsec_").encode() not in bytes(stored.encrypted_secret)
    assert secret not in f"{stored!r} {stored} {caplog.text}"
    assert f"created by {key.prefix}" in caplog.text
    assert stored.events.get().api_key == key


def test_wrong_fields_are_told_together(company):
    wrong = {
        "url": "http://hooks.example.com/",
        "description": "two\nlines",
        "event_types": ["invitation.created", "everything"],
        "contact_email": "anna",
        "company_ids": [company.pk, uuid4()],
    }

    with pytest.raises(InvalidField) as refused:
        create_endpoint(company.world, by=SYSTEM, **wrong)

    assert fields_of(refused.value) == [
        ("url",),
        ("description",),
        ("event_types", 1),
        ("contact_email",),
        ("company_ids", 1),
    ]


def test_companies_are_of_partner_and_mode(company):
    others = [CompanyFactory(), CompanyFactory(partner=company.partner, is_live=False)]

    for other in others:
        with pytest.raises(InvalidField) as refused:
            create_endpoint(company.world, url=URL, by=SYSTEM, company_ids=[company.pk, other.pk])
        assert fields_of(refused.value) == [("company_ids", 1)]


def test_limited_key_names_its_companies(company):
    other = CompanyFactory(partner=company.partner)
    key, _ = make_api_key(company.partner, company_ids=[company.pk])
    by = Actor.partner(key)

    for chosen, wrong in (([], ("company_ids",)), ([other.pk], ("company_ids", 0))):
        with pytest.raises(InvalidField) as refused:
            create_endpoint(company.world, url=URL, by=by, company_ids=chosen)
        assert fields_of(refused.value) == [wrong]
    own, _ = create_endpoint(company.world, url=URL, by=by, company_ids=[company.pk])
    for theirs in ([], [other.pk], [company.pk, other.pk]):
        create_endpoint(company.world, url=URL, by=SYSTEM, company_ids=theirs)

    assert list(WebhookEndpoint.objects.visible_to(key)) == [own]
    with pytest.raises(InvalidField):
        update_endpoint(own, by=by, company_ids=[])


@pytest.mark.django_db(transaction=True)
def test_concurrent_creations_keep_the_limit():
    company = CompanyFactory()
    for _ in range(MAX_ENDPOINTS - 1):
        make_endpoint(company)
    make_endpoint(CompanyFactory(partner=company.partner, is_live=False))

    made = race(4, lambda number: create_endpoint(company.world, url=URL, by=SYSTEM))

    assert [type(each) for each in made if isinstance(each, Exception)] == [TooManyWebhooks] * 3
    assert WebhookEndpoint.objects.of(company.world).count() == MAX_ENDPOINTS


def test_changes_are_logged_by_name(db):
    endpoint = make_endpoint(url=URL, failing_since=timezone.now())

    update_endpoint(endpoint, by=SYSTEM, description="ERP", url=URL)
    changed = update_endpoint(endpoint, by=SYSTEM, url=f"{URL}/2", event_types=[PartnerEventType.INVITATION_USED])
    update_endpoint(endpoint, by=SYSTEM, url=f"{URL}/2")

    assert (changed.url, changed.description, changed.failing_since) == (f"{URL}/2", "ERP", None)
    assert changed.updated_at > endpoint.updated_at
    assert log_of(endpoint) == [
        ("UPDATED", {"fields": ["description"]}),
        ("UPDATED", {"fields": ["url", "eventTypes"]}),
    ]


def test_pause_and_resume_change_once(db):
    endpoint = make_endpoint()

    paused = pause_endpoint(endpoint, by=SYSTEM)
    assert pause_endpoint(endpoint, by=SYSTEM).paused_at == paused.paused_at
    assert paused.status == EndpointStatus.PAUSED
    for _ in range(2):
        assert resume_endpoint(endpoint, by=SYSTEM).status == EndpointStatus.ACTIVE
    assert log_of(endpoint) == [("PAUSED", {}), ("RESUMED", {})]


def test_resume_enables_a_disabled_endpoint(db):
    now = timezone.now()
    endpoint = make_endpoint(disabled_at=now, disabled_because=Disabled.GONE, failing_since=now, paused_at=now)
    assert endpoint.status == EndpointStatus.DISABLED

    resumed = resume_endpoint(endpoint, by=SYSTEM)

    assert (resumed.status, resumed.disabled_because, resumed.failing_since) == (EndpointStatus.ACTIVE, None, None)


def test_replaced_secrets_sign_for_a_day(db):
    endpoint, first = create_endpoint(CompanyFactory().world, url=URL, by=SYSTEM)
    made = [first]
    for _ in range(3):
        endpoint, secret = rotate_secret(endpoint, by=SYSTEM)
        made.insert(0, secret)

    now = timezone.now()
    assert len(set(made)) == 4
    assert current_secrets(endpoint, now=now) == made[:3]
    assert current_secrets(endpoint, now=now + SECRET_OVERLAP) == made[:1]
    WebhookEndpoint.objects.update(previous_secret_ends_at=now)
    endpoint, last = rotate_secret(endpoint, by=SYSTEM)
    assert current_secrets(endpoint, now=now) == [last, made[0]]


def test_unreadable_secret_can_be_rotated(db):
    endpoint = make_endpoint(encrypted_secret=b"of a lost key")

    rotated, secret = rotate_secret(endpoint, by=SYSTEM)

    assert current_secrets(rotated, now=timezone.now()) == [secret]
    assert rotated.encrypted_previous_secret is None


def test_deleted_endpoint_is_gone(db):
    kept, gone = make_delivery(), make_delivery()
    make_delivery(gone.endpoint)

    deleted = delete_endpoint(gone.endpoint, by=SYSTEM)

    assert list(WebhookEndpoint.objects.active()) == [kept.endpoint]
    for act in (update_endpoint, pause_endpoint, resume_endpoint, rotate_secret, delete_endpoint):
        with pytest.raises(NotFound):
            act(deleted, by=SYSTEM)
    for endpoint in (deleted, kept.endpoint):
        clear_endpoint(endpoint.pk)
    assert list(WebhookEndpoint.objects.all()) == [kept.endpoint]
    assert list(WebhookDelivery.objects.all()) == [kept]


def test_failing_and_disabled_are_in_trouble(db):
    now = timezone.now()
    disabled = make_endpoint(disabled_at=now, disabled_because=Disabled.FAILING)
    failing = make_endpoint(failing_since=now - timedelta(hours=1))
    make_endpoint(failing_since=now, paused_at=now)
    make_endpoint(failing_since=now, deleted_at=now)
    make_endpoint()

    assert set(WebhookEndpoint.objects.in_trouble()) == {disabled, failing}
