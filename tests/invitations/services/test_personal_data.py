import json
import threading

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import CharField, JSONField, TextField

from companies.actors import SYSTEM, Actor
from companies.models import PartnerEvent, User, WebhookAttempt
from config.db.advisory_locks import try_lock
from config.exceptions import InvalidField
from connections.models import Connection, ConnectionEvent, ConnectionEventType
from invitations.exceptions import AddressOfStaff
from invitations.models import (
    BatchRow,
    Delivery,
    DeliveryStatus,
    EventType,
    Invitation,
    InvitationEvent,
    PersonalLink,
)
from invitations.models.prefill import Prefill
from invitations.services.delivery.failed import resend_failed
from invitations.services.delivery.send import resend_invitation
from invitations.services.events import log_event
from invitations.services.personal_data import PERSONAL_COLUMNS, erase_personal_data, export_personal_data
from invitations.services.verification.codes import check_code
from tests.factories import UserFactory, make_invitation
from tests.invitations.services.verification.codes import ANNA, BEN, ask
from tests.invitations.test_dump import dump
from tests.races import race, wait_for_a_lock

# columns of text without addresses of people: names of things, kinds, references, settings and keyed hashes
EXEMPT = {
    "companies.ApiKey": {"company_ids", "prefix", "scopes"},
    "companies.ApiKeyUse": {"network"},
    "companies.Branding": {"accent_color", "logo_backdrop", "support_phone"},
    "companies.Company": {"locale", "time_zone"},
    "companies.CompanyEvent": {"actor", "type"},
    "companies.KnownNetwork": {"digest"},
    "companies.Logo": {"id", "media_type"},
    "companies.Partner": {"embedding_origins"},
    "companies.PartnerEvent": {"type"},
    "companies.RequestQuota": {"kind"},
    "companies.StoredAnswer": {"content_type", "key"},
    "companies.User": {"password"},
    "companies.WebhookDelivery": {"status"},
    "companies.WebhookEndpoint": {"company_ids", "disabled_because", "event_types"},
    "companies.WebhookEvent": {"actor", "type"},
    "connections.Connection": {"country", "status", "utility_types"},
    "connections.ConnectionEvent": {"actor", "type"},
    "connections.Credential": {"extras", "host"},
    "connections.Datasource": {
        *("aliases", "asks_for", "country", "login_help", "login_url", "login_with", "name", "password_reset_url"),
        *("portal_name", "second_factor", "utility_types"),
    },
    "invitations.BatchRow": {"digest", "status"},
    "invitations.Delivery": {"fault", "reminder", "reminders", "status"},
    "invitations.Invitation": {"invitation_type", "locale", "next_reminder", "revoked_because"},
    "invitations.InvitationEvent": {"actor", "type"},
    "invitations.LinkRequest": {"decision"},
    "invitations.RateLimitWindow": {"attempts", "key"},
    "invitations.Receipt": {"fault"},
    "invitations.Use": {"consent_language", "consent_version"},
    "invitations.VerificationCode": {"client"},
}


@pytest.fixture
def invitation(company):
    """An invitation for Anna and Ben, of which Anna's address is in each place."""
    company.reply_to = ANNA
    company.save()
    invitation = make_invitation(
        company,
        allowed_emails=[ANNA, BEN],
        send_email=True,
        message=f"Dear {ANNA.title()}, please connect.",
        external_id=f"crm/{ANNA}",
        metadata={f"contact of {ANNA}": f"Anna\n{ANNA}"},
        prefill=Prefill(connection_owner_email=ANNA),
    )
    code = ask(invitation)
    check_code(invitation, ANNA, code.digits, requested=[code.pk])
    Delivery.objects.filter(email=ANNA).update(last_error=f"<{ANNA}>: unknown")
    Connection.objects.create(company=company, url="https://example.com/", owner_email=ANNA, verified_email=ANNA)
    return invitation


@pytest.mark.django_db(transaction=True)
def test_dump_after_erasure_has_no_address(invitation, api):
    create = f"invitation/company/{invitation.company_id}", {"allowedEmails": [ANNA], "sendEmail": True}
    first = api.post(*create, Idempotency_Key=f"invite-{ANNA}")
    assert ANNA in dump().lower()

    erasure = erase_personal_data(f" {ANNA.title()} ", by=SYSTEM)

    text = dump().lower()
    assert ANNA not in text
    assert BEN in text
    assert erasure.values >= 8
    invitation.refresh_from_db()
    assert invitation.allowed_emails == [erasure.placeholder, BEN]
    assert invitation.is_restricted
    assert not invitation.allows(ANNA)
    again = api.post(*create, Idempotency_Key=f"invite-{ANNA}")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json() | {"allowedEmails": [erasure.placeholder]}


def test_erasure_ends_access_and_mails(invitation):
    erasure = erase_personal_data(ANNA, by=Actor.staff(UserFactory()))
    invitation.refresh_from_db()

    assert [link.delivery.email for link in PersonalLink.objects.select_related("delivery")] == [BEN]
    assert not invitation.codes.exists()
    assert not invitation.proofs.exists()
    assert invitation.mailable_emails == [BEN]
    assert dict(Delivery.objects.values_list("email", "status")) == {
        erasure.placeholder: DeliveryStatus.FAILED,
        BEN: DeliveryStatus.QUEUED,
    }
    resend_invitation(invitation, by=SYSTEM)
    assert resend_failed(None, by=SYSTEM).mails == 0
    assert Delivery.objects.get(email=erasure.placeholder).status == DeliveryStatus.FAILED


@pytest.mark.django_db(transaction=True)
def test_erasure_waits_for_leaving_mail(invitation):
    delivery = invitation.deliveries.get(email=ANNA)

    def mail(_):
        with transaction.atomic():
            assert try_lock(f"delivery:{delivery.pk}")
            leaving.set()
            wait_for_a_lock()
            log_event(invitation, EventType.SENT, by=SYSTEM, email=ANNA)

    def erase(_):
        leaving.wait(60)
        return erase_personal_data(ANNA, by=SYSTEM)

    leaving = threading.Event()
    _, erasure = race(2, lambda index: (mail, erase)[index](index))
    assert invitation.events.get(type=EventType.SENT).email == erasure.placeholder


def test_erasure_is_logged_without_the_address(invitation):
    staff = UserFactory()
    erase_personal_data(ANNA, by=Actor.staff(staff))
    (event,) = InvitationEvent.objects.filter(type=EventType.UPDATED)
    assert (event.user, event.detail) == (staff, {"fields": ["allowedEmails"], "erased": True})
    (event,) = ConnectionEvent.objects.filter(type=ConnectionEventType.UPDATED)
    assert (event.user, event.detail) == (staff, {"fields": ["connectionOwnerEmail", "verifiedEmail"], "erased": True})
    published = PartnerEvent.objects.get(type="connection.updated")
    assert (published.data["verifiedEmail"], published.previous) == (None, None)


def test_api_shows_erased_invitations(invitation, api):
    erasure = erase_personal_data(ANNA, by=SYSTEM)

    shown = api.get(f"invitation/{invitation.pk}").json()
    (listed,) = api.get(f"invitation/company/{invitation.company_id}").json()["invitations"]

    assert listed["allowedEmails"] == shown["allowedEmails"] == [erasure.placeholder, BEN]
    assert len(shown["deliveries"]) == 2
    assert ANNA not in json.dumps(shown).lower()


def test_staff_who_log_in_are_not_erased(db):
    user = UserFactory(email=ANNA)
    with pytest.raises(AddressOfStaff):
        erase_personal_data(ANNA, by=SYSTEM)
    user.is_active = False
    user.save()
    erasure = erase_personal_data(ANNA, by=SYSTEM)
    assert User.objects.get(pk=user.pk).email == erasure.placeholder


def test_export_masks_other_addresses(invitation):
    exported = export_personal_data(ANNA)

    assert exported["address"] == ANNA
    values = {f"{value['table']}.{value['field']}": value["value"] for value in exported["values"]}
    assert values["invitations_invitation.allowedEmails"] == [ANNA, "[another address]"]
    assert values["companies_company.replyTo"] == ANNA
    assert BEN not in json.dumps(exported)


@pytest.mark.parametrize("operation", [export_personal_data, lambda text: erase_personal_data(text, by=SYSTEM)])
def test_text_without_address_is_refused(db, operation):
    with pytest.raises(InvalidField):
        operation("anna")


def test_events_are_searched_last():
    """A change that publishes the address at the same time has ended when its resource is found."""
    models = [column.model for column in PERSONAL_COLUMNS]
    first_event = models.index(PartnerEvent)
    assert set(models[first_event:]) == {PartnerEvent, WebhookAttempt}
    assert {Invitation, Connection, BatchRow} <= set(models[:first_event])


def test_every_text_column_is_listed_or_exempt():
    listed = {(column.model, column.name) for column in PERSONAL_COLUMNS}
    unlisted = {
        model._meta.label: text_columns(model) - {name for each, name in listed if each is model}
        for app in ("companies", "connections", "invitations")
        for model in apps.get_app_config(app).get_models()
    }
    assert {label: names for label, names in unlisted.items() if names} == EXEMPT


def text_columns(model):
    kinds = CharField | TextField | JSONField | ArrayField
    return {field.name for field in model._meta.concrete_fields if isinstance(field, kinds)}
