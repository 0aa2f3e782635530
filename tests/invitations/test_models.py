"""What a row of an invitation can never say, whoever writes it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value
from django.test import override_settings
from django.utils import timezone

from invitations.models import Invitation, InvitationEvent, InvitationType, Use
from tests.factories import PartnerFactory, make_connection, make_invitation


def refused(constraint: str, **changes: Any) -> None:
    """The database refuses these changes to the only invitation, by that constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Invitation.objects.update(**changes)


def test_uses_are_within_the_limit(company):
    make_invitation(company, max_uses=2)

    refused("invitation_within_max_uses", use_count=3)
    refused("use_count", use_count=-1)
    Invitation.objects.update(use_count=2)
    refused("invitation_within_max_uses", max_uses=1)


@pytest.mark.parametrize("max_uses", [0, 1_000_001])
def test_the_limit_is_between_one_and_a_million(company, max_uses):
    make_invitation(company)

    refused("invitation_max_uses", max_uses=max_uses)


def test_an_invitation_repairs_a_connection_or_none(company):
    make_invitation(company)

    refused("invitation_repairs_a_connection_or_none", invitation_type=InvitationType.EDIT_CONNECTION)
    refused("invitation_repairs_a_connection_or_none", connection=make_connection(company))
    refused("invitation_repairs_a_connection_or_none", invitation_type="OTHER")


def test_only_one_that_creates_has_a_prefill(company):
    make_invitation(company)
    Invitation.objects.update(invitation_type=InvitationType.EDIT_CONNECTION, connection=make_connection(company))

    refused("invitation_prefill_creates", prefill={"country": "GB"})


def test_it_expires_after_it_was_created(company):
    invitation = make_invitation(company)

    refused("invitation_expires_later", expires_at=invitation.created_at)
    refused("invitation_expires_later", expires_at=invitation.created_at - timedelta(days=1))


def test_it_lives_for_ten_years_at_most_from_its_last_change(company):
    invitation = make_invitation(company)
    ten_years = invitation.updated_at + timedelta(days=3650)

    refused("invitation_longest_life", expires_at=ten_years + timedelta(microseconds=1))
    Invitation.objects.update(expires_at=ten_years)


@pytest.mark.parametrize("emails", [["anna@Example.com"], ["a@example.com", "*@EXAMPLE.com"]])
def test_its_addresses_are_in_lower_case(company, emails):
    make_invitation(company)

    refused("invitation_allowed_emails_lower", allowed_emails=emails)


@pytest.mark.parametrize("field", ["prefill", "metadata"])
@pytest.mark.parametrize("value", [[], "text", 5, Value(None, JSONField())])
def test_what_comes_back_as_an_object_is_one(company, field, value):
    make_invitation(company)

    refused(f"invitation_{field}_is_an_object", **{field: value})


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
def test_its_metadata_is_a_few_pairs_of_texts(company, pairs):
    make_invitation(company)

    refused("invitation_metadata_fits", metadata=pairs)


def test_which_may_be_as_long_as_this(company):
    make_invitation(company)
    most = {f"{number:🔑>40}": "🔑\n" * 250 for number in range(20)}

    for pairs in (most, {"": ""}, {}):
        Invitation.objects.update(metadata=pairs)


@pytest.mark.parametrize("locale", ["", "de_AT", "en\n"])
def test_its_language_is_a_tag(company, locale):
    make_invitation(company)

    refused("invitation_locale", locale=locale)


def test_it_has_a_hundred_addresses_at_most(company):
    make_invitation(company)

    refused("invitation_allowed_emails_number", allowed_emails=[f"a{number}@example.com" for number in range(101)])


@pytest.mark.parametrize("url", ["http://example.com", "javascript:alert(1)", ""])
def test_it_leads_on_to_https_only(company, url):
    make_invitation(company)

    refused("invitation_redirect_url", redirect_url=url)


def test_no_two_have_the_same_token(company):
    one, other = make_invitation(company), make_invitation(company)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=one.pk).update(token_hash=other.token_hash)


def test_a_form_is_saved_once(company):
    invitation, form_id = make_invitation(company), uuid4()
    Use.objects.create(invitation=invitation, form_id=form_id, connection=make_connection(company))

    with pytest.raises(IntegrityError, match="one_use_per_form"), transaction.atomic():
        Use.objects.create(invitation=invitation, form_id=form_id, connection=make_connection(company))


@pytest.mark.parametrize(
    ("field", "constraint"), [("type", "invitation_event_type"), ("actor", "invitation_event_actor")]
)
def test_the_log_has_known_words_only(company, field, constraint):
    make_invitation(company)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        InvitationEvent.objects.update(**{field: "SOMETHING"})


def test_ids_grow_with_time(company):
    ids = [make_invitation(company).pk for _ in range(20)]

    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}


def test_uses_left_are_counted_down_to_nought_and_without_a_limit_never():
    assert Invitation(max_uses=None, use_count=9).uses_left is None
    assert Invitation(max_uses=3, use_count=1).uses_left == 2
    assert Invitation(max_uses=3, use_count=3).uses_left == 0


@override_settings(PUBLIC_URL="https://connect.example.org")
def test_the_url_is_made_of_the_public_url(company):
    invitation = make_invitation(company)

    assert invitation.url == f"https://connect.example.org/p/i/{invitation.token}"


def test_a_partner_sees_what_is_of_its_companies(company):
    mine = make_invitation(company)
    make_invitation()

    assert list(Invitation.objects.visible_to(company.partner)) == [mine]
    assert not Invitation.objects.visible_to(PartnerFactory()).exists()


def test_no_text_form_has_the_token(company):
    invitation = make_invitation(company, expires_in=timedelta(days=1), message="Hello")

    for text in (str(invitation), repr(invitation), str(vars(invitation))):
        assert invitation.token not in text
    assert invitation.created_at <= timezone.now()
