"""GET /v2/invitation/company/{companyId}: pages, newest first, and filters."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import override_settings
from django.utils import timezone

from companies.models import Company
from invitations.models import Invitation, InvitationType
from invitations.models.tokens import encrypt_token
from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.invitations.api.uses import spend_use


@pytest.fixture
def listed(api, company) -> Any:
    """The body of the response to a query."""

    def ask(**query: Any) -> Any:
        answer = api.get(f"invitation/company/{company.pk}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


@pytest.fixture
def found(listed) -> Any:
    """The ids in the response to a query."""
    return lambda **query: [row["id"] for row in listed(**query)["invitations"]]


def seed(company: Company, number: int, **fields: Any) -> list[str]:
    """Create invitations in bulk and return their ids, newest first."""
    made = []
    for index in range(number):
        row = Invitation(company=company, invitation_type=InvitationType.CREATE_CONNECTION, **fields)
        row.token_hash = row.pk.bytes * 2
        row.encrypted_token = encrypt_token(f"token {index}", owner_id=row.pk)
        made.append(row)
    Invitation.objects.bulk_create(made, batch_size=500)
    return [str(row.pk) for row in reversed(made)]


def test_empty_page(listed):
    assert listed() == {"invitations": [], "perPage": 50, "hasNext": False, "nextCursor": None}


def test_list_newest_first(company, found):
    mine = [str(make_invitation(company).pk) for _ in range(3)]
    make_invitation(CompanyFactory(partner=company.partner))
    make_invitation()

    assert found() == mine[::-1]


def test_pages_have_each_row_once(company, listed):
    ids = seed(company, 120)

    met, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = listed(limit=7, **({"cursor": cursor} if cursor else {}))
        met += [row["id"] for row in page["invitations"]]
        assert page["perPage"] == 7
        assert page["hasNext"] == bool(page["nextCursor"])
        cursor, pages = page["nextCursor"], pages + 1

    assert met == ids
    assert pages == 18


def test_pages_ignore_new_rows(company, listed):
    ids = seed(company, 4)
    page = listed(limit=2)
    make_invitation(company)

    rest = listed(limit=2, cursor=page["nextCursor"])

    assert [row["id"] for row in page["invitations"] + rest["invitations"]] == ids
    assert rest["hasNext"] is False


def test_page_size_is_50_or_limit(company, listed):
    seed(company, 101)

    assert len(listed()["invitations"]) == 50
    assert len(listed(limit=100)["invitations"]) == 100
    assert len(listed(limit=1)["invitations"]) == 1


def test_full_last_page_has_no_next(company, listed):
    seed(company, 3)

    page = listed(limit=3)

    assert (page["hasNext"], page["nextCursor"]) == (False, None)


def test_invalid_parameters_are_named(api, company):
    for name, value in [
        *(("limit", value) for value in ("0", "101", "-1", "ten", "", "1.5", "9" * 5000)),
        *(("cursor", value) for value in ("", "x", "0" * 32, "a\x00b", "x" * 201)),
        *(("status", value) for value in ("", "active", "OPEN", "ACTIVE,REVOKED")),
        *(("invitationType", value) for value in ("", "CREATE", "EDIT_CONNECTION ")),
        ("connectionId", "7"),
        ("connectionId", ""),
        *(("email", value) for value in ("", "anna", "@example.com", "anna@example.com,ben@example.com")),
        ("email", "a\x00b"),
        ("email", "x" * 255),
        ("externalId", ""),
        ("externalId", "x" * 256),
        *(("createdAfter", value) for value in ("", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T25:00Z")),
        ("createdBefore", "10000-01-01T00:00:00Z"),
    ]:
        assert set(wrong_fields(api.get(f"invitation/company/{company.pk}", {name: value}))) == {f"?{name}"}


def test_unknown_parameters_are_named(api, company):
    for name in ["Status", "page", "offset", "companyId", "createdafter", "status[]", "", "a/b"]:
        answer = api.get(f"invitation/company/{company.pk}", {name: "1"})

        assert wrong_fields(answer) == [f"?{name}"]
        assert answer.json()["errors"][0]["code"] == "UNKNOWN_FIELD"


def test_repeated_parameters_are_named(api, company):
    for name in ["limit", "cursor", "email", "connectionId", "externalId", "createdAfter"]:
        assert set(wrong_fields(api.get(f"invitation/company/{company.pk}", {name: ["1", "2"]}))) == {f"?{name}"}


def test_forged_cursor_is_rejected(api, company, listed):
    seed(company, 2)
    cursor = listed(limit=1)["nextCursor"]
    with override_settings(SECRET_KEY="another key"):
        foreign = Signer(salt="latchkey.cursor").sign(cursor.split(":")[0])

    for bad in (foreign, cursor[:-1], "f" + cursor[1:], cursor.split(":")[0], f"{cursor}:x"):
        assert wrong_fields(api.get(f"invitation/company/{company.pk}", {"cursor": bad})) == ["?cursor"]


@pytest.mark.parametrize("rows", [10, 200])
def test_page_runs_a_constant_number_of_queries(company, listed, rows, django_assert_num_queries):
    seed(company, rows - 5)
    for _ in range(5):
        spend_use(make_invitation(company))
    listed()

    # API key with company, count of expiring invitations, page, created connections
    with django_assert_num_queries(4):
        page = listed(limit=100, status="ACTIVE")

    assert len(page["invitations"]) == min(rows, 100)


def test_status_filter_matches_shown_status(company, listed):
    now = timezone.now()
    long_ago = now - timedelta(days=2)
    for revoked_at in (None, now):
        for max_uses, use_count in ((None, 0), (None, 3), (1, 0), (1, 1)):
            for expires_at in (None, now + timedelta(days=1), now - timedelta(days=1)):
                facts = {"revoked_at": revoked_at, "max_uses": max_uses, "use_count": use_count}
                seed(company, 1, expires_at=expires_at, created_at=long_ago, **facts)

    everything = {row["id"]: row["status"] for row in listed()["invitations"]}
    assert len(everything) == 24
    for status in ("ACTIVE", "REVOKED", "FULFILLED", "EXPIRED"):
        rows = listed(status=status)["invitations"]
        assert {row["status"] for row in rows} == {status}
        assert {row["id"] for row in rows} == {key for key, shown in everything.items() if shown == status}
    both = listed(status=["REVOKED", "EXPIRED"])["invitations"]
    assert {row["id"] for row in both} == {key for key, shown in everything.items() if shown in {"REVOKED", "EXPIRED"}}


def test_type_filter_may_be_repeated(company, found):
    create = make_invitation(company)
    edit = make_invitation(company)
    edit.invitation_type, edit.connection = InvitationType.EDIT_CONNECTION, make_connection(company)
    edit.save()

    assert found(invitationType="CREATE_CONNECTION") == [str(create.pk)]
    assert found(invitationType="EDIT_CONNECTION") == [str(edit.pk)]
    assert found(invitationType=["EDIT_CONNECTION", "CREATE_CONNECTION"]) == [str(edit.pk), str(create.pk)]
    assert found(connectionId=str(edit.connection_id)) == [str(edit.pk)]
    assert found(connectionId=str(create.pk)) == []


def test_email_filter_is_exact_in_any_case(company, found):
    addresses = ["Anna@Example.com", "x@bücher.example", "*@Firm.example"]
    invitation = make_invitation(company, allowed_emails=addresses)
    make_invitation(company)
    for query, is_found in [
        ("anna@example.com", True),
        ("ANNA@Example.COM", True),
        (" anna@example.com ", True),
        ("x@bücher.example", True),
        ("x@xn--bcher-kva.example", True),
        ("*@firm.example", True),
        ("someone@firm.example", False),
        ("ann@example.com", False),
        ("anna+tag@example.com", False),
        ("%@example.com", False),
    ]:
        assert found(email=query) == ([str(invitation.pk)] if is_found else []), query


def test_external_id_filter_is_exact(company, found):
    first = make_invitation(company, external_id="order-1")
    make_invitation(company, external_id="ORDER-1")
    make_invitation(company)
    again = make_invitation(company, external_id="order-1")

    assert found(externalId="order-1") == [str(again.pk), str(first.pk)]


def test_time_filters_are_exclusive(company, found):
    older, middle, newer = (make_invitation(company) for _ in range(3))
    moment = middle.created_at.isoformat()

    assert found(createdAfter=moment) == [str(newer.pk)]
    assert found(createdBefore=moment) == [str(older.pk)]
    assert found(createdAfter=older.created_at.isoformat(), createdBefore=newer.created_at.isoformat()) == [
        str(middle.pk)
    ]


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00"],
)
@pytest.mark.parametrize("name", ["createdAfter", "createdBefore"])
def test_extreme_times_cause_no_500(api, company, name, moment):
    assert api.get(f"invitation/company/{company.pk}", {name: moment}).status_code in {200, 400}


def test_filters_are_combined(company, found):
    wanted = make_invitation(company, allowed_emails=["a@example.com"], external_id="one", max_uses=1)
    make_invitation(company, allowed_emails=["a@example.com"], external_id="two")
    make_invitation(company, external_id="one")

    assert found(email="a@example.com", externalId="one", status="ACTIVE", limit=10) == [str(wanted.pk)]
