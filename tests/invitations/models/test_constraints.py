from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value
from django.test import override_settings
from django.utils import timezone

from invitations.models import Invitation, InvitationEvent, InvitationType, Use
from tests.factories import PartnerFactory, make_api_key, make_connection, make_invitation


def assert_rejected(constraint: str, **changes: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Invitation.objects.update(**changes)


def test_use_count_is_within_max_uses(company):
    make_invitation(company, max_uses=2)

    assert_rejected("invitation_within_max_uses", use_count=3)
    assert_rejected("use_count", use_count=-1)
    Invitation.objects.update(use_count=2)
    assert_rejected("invitation_within_max_uses", max_uses=1)


@pytest.mark.parametrize("max_uses", [0, 1_000_001])
def test_max_uses_is_within_range(company, max_uses):
    make_invitation(company)

    assert_rejected("invitation_max_uses", max_uses=max_uses)


def test_type_matches_its_connection(company):
    make_invitation(company)

    assert_rejected("invitation_repairs_a_connection_or_none", invitation_type=InvitationType.EDIT_CONNECTION)
    assert_rejected("invitation_repairs_a_connection_or_none", connection=make_connection(company))
    assert_rejected("invitation_repairs_a_connection_or_none", invitation_type="OTHER")


def test_repair_has_no_prefill(company):
    make_invitation(company)
    Invitation.objects.update(invitation_type=InvitationType.EDIT_CONNECTION, connection=make_connection(company))

    assert_rejected("invitation_prefill_creates", prefill={"country": "GB"})


def test_expiry_is_after_creation(company):
    invitation = make_invitation(company)

    assert_rejected("invitation_expires_later", expires_at=invitation.created_at)
    assert_rejected("invitation_expires_later", expires_at=invitation.created_at - timedelta(days=1))


def test_lifetime_is_at_most_ten_years(company):
    invitation = make_invitation(company)
    ten_years = invitation.updated_at + timedelta(days=3650)

    assert_rejected("invitation_longest_life", expires_at=ten_years + timedelta(microseconds=1))
    Invitation.objects.update(expires_at=ten_years)


@pytest.mark.parametrize("emails", [["anna@Example.com"], ["a@example.com", "*@EXAMPLE.com"]])
def test_allowed_emails_are_lower_case(company, emails):
    make_invitation(company)

    assert_rejected("invitation_allowed_emails_lower", allowed_emails=emails)


@pytest.mark.parametrize("field", ["prefill", "metadata"])
@pytest.mark.parametrize("value", [[], "text", 5, Value(None, JSONField())])
def test_json_columns_are_objects(company, field, value):
    make_invitation(company)

    assert_rejected(f"invitation_{field}_is_an_object", **{field: value})


@pytest.mark.parametrize(
    "pairs",
    [
        {str(number): "x" for number in range(21)},
        {"x" * 41: ""},
        {"key": "x" * 501},
        {"key": "line\n" * 101},
        *({"a": "b", "key": value} for value in (5, None, True, [], ["x"], {}, {"x": "y"})),
    ],
)
def test_metadata_rejects_large_or_other_values(company, pairs):
    make_invitation(company)

    assert_rejected("invitation_metadata_fits", metadata=pairs)


def test_metadata_accepts_its_limits(company):
    make_invitation(company)
    most = {f"{number:🔑>40}": "🔑\n" * 250 for number in range(20)}

    for pairs in (most, {"": ""}, {}):
        Invitation.objects.update(metadata=pairs)


@pytest.mark.parametrize("locale", ["", "de_AT", "en\n"])
def test_locale_is_a_language_tag(company, locale):
    make_invitation(company)

    assert_rejected("invitation_locale", locale=locale)


def test_allowed_emails_are_at_most_100(company):
    make_invitation(company)

    assert_rejected(
        "invitation_allowed_emails_number", allowed_emails=[f"a{number}@example.com" for number in range(101)]
    )


@pytest.mark.parametrize("url", ["http://example.com", "javascript:alert(1)", ""])
def test_redirect_url_is_https(company, url):
    make_invitation(company)

    assert_rejected("invitation_redirect_url", redirect_url=url)


def test_token_is_unique(company):
    one, other = make_invitation(company), make_invitation(company)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=one.pk).update(token_hash=other.token_hash)


def test_form_id_is_unique_per_invitation(company):
    invitation, form_id = make_invitation(company), uuid4()
    Use.objects.create(invitation=invitation, form_id=form_id, connection=make_connection(company))

    with pytest.raises(IntegrityError, match="one_use_per_form"), transaction.atomic():
        Use.objects.create(invitation=invitation, form_id=form_id, connection=make_connection(company))


@pytest.mark.parametrize(
    ("field", "constraint"), [("type", "invitation_event_type"), ("actor", "invitation_event_actor")]
)
def test_event_type_and_actor_are_known(company, field, constraint):
    make_invitation(company)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        InvitationEvent.objects.update(**{field: "SOMETHING"})


def test_ids_are_ordered_by_time(company):
    ids = [make_invitation(company).pk for _ in range(20)]

    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}


def test_uses_left():
    assert Invitation(max_uses=None, use_count=9).uses_left is None
    assert Invitation(max_uses=3, use_count=1).uses_left == 2
    assert Invitation(max_uses=3, use_count=3).uses_left == 0


@override_settings(PUBLIC_URL="https://connect.example.org")
def test_url_begins_with_public_url(company):
    invitation = make_invitation(company)

    assert invitation.url == f"https://connect.example.org/p/i/{invitation.token}"


def test_visible_to_filters_by_key(company):
    mine = make_invitation(company)
    make_invitation()
    key, stranger = (make_api_key(partner)[0] for partner in (company.partner, PartnerFactory()))

    assert list(Invitation.objects.visible_to(key.pk)) == [mine]
    assert not Invitation.objects.visible_to(stranger.pk).exists()


def test_repr_shows_no_token(company):
    invitation = make_invitation(company, expires_in=timedelta(days=1), message="Hello")

    for text in (str(invitation), repr(invitation), str(vars(invitation))):
        assert invitation.token not in text
    assert invitation.created_at <= timezone.now()
