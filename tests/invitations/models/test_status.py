from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from invitations.models import Invitation, InvitationType
from invitations.models.status import RULES, Status, status_of
from tests.factories import make_invitation
from tests.fuzzing import examples

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=1000)


def facts(**known: Any) -> Invitation:
    return Invitation(**known)


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ({}, Status.ACTIVE),
        ({"use_count": 1_000_000}, Status.ACTIVE),
        ({"max_uses": 1, "use_count": 0}, Status.ACTIVE),
        ({"max_uses": 1, "use_count": 1}, Status.FULFILLED),
        ({"expires_at": NOW + timedelta(microseconds=1)}, Status.ACTIVE),
        ({"expires_at": NOW}, Status.EXPIRED),
        ({"expires_at": NOW - timedelta(microseconds=1)}, Status.EXPIRED),
        ({"max_uses": 1, "use_count": 1, "expires_at": NOW}, Status.FULFILLED),
        ({"revoked_at": NOW}, Status.REVOKED),
        ({"revoked_at": NOW, "expires_at": NOW}, Status.REVOKED),
        ({"revoked_at": NOW, "max_uses": 1, "use_count": 1, "expires_at": NOW}, Status.REVOKED),
    ],
)
def test_status_is_the_first_rule(known, status):
    assert status_of(facts(**known), NOW) == status


def test_every_closed_status_has_a_rule():
    assert [rule.status for rule in RULES] == [Status.REVOKED, Status.FULFILLED, Status.EXPIRED]
    assert set(Status) == {rule.status for rule in RULES} | {Status.ACTIVE}


@st.composite
def rows(draw: Any) -> dict[str, Any]:
    """Columns that the constraints permit. No time in them passes during the test."""
    max_uses = draw(st.none() | st.integers(1, 3))
    away = st.timedeltas(timedelta(days=-900), timedelta(days=900)).filter(lambda t: abs(t) > timedelta(minutes=10))
    moments = away.map(lambda shift: NOW + shift)
    return {
        "max_uses": max_uses,
        "use_count": draw(st.integers(0, 5 if max_uses is None else max_uses)),
        "expires_at": draw(st.none() | moments),
        "revoked_at": draw(st.none() | moments),
    }


@examples(20)
@given(known=st.lists(rows(), min_size=10, max_size=30))
def test_python_and_sql_agree(company, known):
    Invitation.objects.all().delete()
    Invitation.objects.bulk_create(row(company, fields) for fields in known)

    for invitation in Invitation.objects.with_status():
        assert invitation.current_status == status_of(invitation, timezone.now())


def test_in_status_finds_every_combination(company):
    past, future = NOW - timedelta(days=1), NOW + timedelta(days=1)
    for revoked_at in (None, past):
        for max_uses, use_count in ((None, 0), (None, 2), (2, 0), (2, 1), (2, 2)):
            for expires_at in (None, past, future):
                known = {"revoked_at": revoked_at, "max_uses": max_uses, "use_count": use_count}
                row(company, known | {"expires_at": expires_at}).save()

    everything = {invitation.pk: invitation.status for invitation in Invitation.objects.all()}
    assert set(everything.values()) == set(Status)
    for size in range(5):
        for wanted in combinations(Status, size):
            found = set(Invitation.objects.in_status(*wanted).values_list("pk", flat=True))
            assert found == {pk for pk, status in everything.items() if status in wanted}, wanted


def test_active_finds_active_invitations(company):
    active = make_invitation(company)
    row(company, {"revoked_at": NOW}).save()

    assert list(Invitation.objects.active()) == [active]


def row(company: Any, known: dict[str, Any]) -> Invitation:
    made = Invitation(
        company=company,
        invitation_type=InvitationType.CREATE_CONNECTION,
        created_at=LONG_AGO,
        encrypted_token=b"",
        **known,
    )
    made.token_hash = made.pk.bytes * 2
    return made
