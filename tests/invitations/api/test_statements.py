"""Rows that PostgreSQL writes as JSON say the same as the models."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.models import ApiKey
from config.api.json import to_json
from connections.models import Connection
from invitations.api import statements
from invitations.api.representation import (
    represent_detail,
    represent_events,
    represent_invitation,
    represent_page,
    represent_rows,
)
from invitations.api.statements import find_key_and_detail
from invitations.models import Delivery, DeliveryStatus, EventType, Fault, Invitation, InvitationEvent, Use
from invitations.services.events import log_event
from tests.factories import DatasourceFactory, PartnerFactory, make_api_key, make_connection, make_invitation

TEXT = 'Ünïcode "quoted" \\ back\nline \u2028 </script> 10:00:00Z'
WHOLE_SECOND = datetime(2026, 1, 1, tzinfo=UTC)
URLS = (
    "https://portal.example.com/login?next=https://other.example/#top",
    "http://Portal.Example.com:8443",
    "https://user:p@ss@host.example",
    "https://[2001:DB8::1]:443/x",
    "https://bücher.example/login",
    "https://host.example#fragment",
    "https://:443/",
)


def read_detail(invitation: Invitation) -> Any:
    """Read by a new key of the invitation's partner."""
    key: Any = find_key_and_detail(make_api_key(invitation.company.partner)[1], invitation=invitation.pk)
    return written(represent_detail(key.beside))


def written(represented: Any) -> Any:
    return orjson.loads(to_json(represented))


def add_use(invitation: Invitation, **account: Any) -> None:
    connection = Connection.objects.create(company=invitation.company, created_at=WHOLE_SECOND, **account)
    Use.objects.create(invitation=invitation, connection=connection, form_id=uuid4())


@pytest.fixture
def key(company) -> ApiKey:
    return make_api_key(company.partner)[0]


@pytest.fixture
def full(company, key) -> Invitation:
    """An invitation with every field, connections, blocked mails and events of each kind of actor."""
    invitation = make_invitation(
        company,
        by=Actor.partner(key),
        allowed_emails=["anna@example.com", "ben@example.com", "*@example.org"],
        expires_in=timedelta(days=1),
        max_uses=20,
        locale="de-AT",
        send_email=True,
    )
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(
        prefill={"country": "GB", "lockedFields": ["country"]},
        use_count=len(URLS) + 1,
        message=TEXT,
        external_id=TEXT,
        metadata={"odd": TEXT, "empty": ""},
        created_at=WHOLE_SECOND,
        redirect_url="https://example.com/?a=b&c=d",
        revoked_at=now,
    )
    add_use(invitation, datasource=DatasourceFactory(name=TEXT))
    for url in URLS:
        add_use(invitation, url=url)
    Use.objects.create(invitation=invitation, form_id=uuid4())
    log_event(invitation, EventType.UPDATED, by=SYSTEM, email="anna@example.com", old=TEXT, changes={"a": [1, None]})
    Delivery.objects.filter(email="anna@example.com").update(
        status=DeliveryStatus.FAILED, attempts=3, last_attempt_at=now, last_error=TEXT, fault=Fault.LIMIT
    )
    Delivery.objects.filter(email="ben@example.com").delete()
    return Invitation.objects.get(pk=invitation.pk)


@pytest.fixture
def invitations(company, full) -> list[Invitation]:
    """Newest first: one with a damaged token, a repair, one without any optional value, and the full one."""
    make_invitation(company)
    repair = make_invitation(company, max_uses=1)
    Invitation.objects.filter(pk=repair.pk).update(
        invitation_type="EDIT_CONNECTION", connection=make_connection(company), use_count=1
    )
    unreadable = make_invitation(company)
    Invitation.objects.filter(pk=unreadable.pk).update(encrypted_token=b"")
    return list(Invitation.objects.order_by("-pk"))


def test_lists_say_the_same_as_the_models(company, invitations):
    expected = [written(represent_invitation(each)) for each in invitations]

    assert written(represent_page(company.pk, before=None, limit=9)) == expected
    assert written(represent_page(company.pk, before=invitations[0].pk, limit=2)) == expected[1:3]
    assert written(represent_rows([each.pk for each in invitations])) == expected
    assert [each["token"] is None for each in expected] == [True, False, False, False]


def test_detail_says_the_same_as_the_models(company, invitations):
    for invitation in invitations:
        events = InvitationEvent.objects.filter(invitation=invitation).select_related("api_key").order_by("pk")
        shown = read_detail(invitation)
        deliveries = [written(statements.delivery(each)) for each in invitation.deliveries.order_by("pk")]

        assert shown.pop("events") == written(represent_events(events))
        assert shown.pop("hasMoreEvents") is False
        assert shown.pop("deliveries")[: len(deliveries)] == deliveries
        assert shown == written(represent_invitation(invitation))


def test_detail_names_addresses_that_were_not_mailed(company, full):
    shown = read_detail(full)

    assert [(mail["email"], mail["status"], mail["attempts"]) for mail in shown["deliveries"]] == [
        ("anna@example.com", "FAILED", 3),
        ("ben@example.com", "NOT_MAILED", 0),
    ]


def test_detail_of_another_partner_is_not_read(full):
    own, other = make_api_key(full.company.partner)[1], make_api_key(PartnerFactory())[1]
    found: list[Any] = [find_key_and_detail(value, invitation=full.pk) for value in (own, other, "lk_unknown")]

    assert [key and key.beside[0] for key in found] == [str(full.pk), None, None]
    assert set(found[1].beside) == {None}
