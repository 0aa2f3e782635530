"""Lists of invitations read few rows beside those that they show."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from config.db.index_hints import MAX_SORTED_ROWS
from invitations.models.tokens import encrypt_token
from invitations.services.open_invitations import newest_open
from tests.factories import CompanyFactory, make_connection
from tests.plans import rows_read, shared_rows

OLD, ALL, SHOWN = 75, 30_000, 29_700
STATUSES = ("ACTIVE", "REVOKED", "FULFILLED", "EXPIRED")
KINDS = {"endless": "ACTIVE", "going on": "ACTIVE", "revoked": "REVOKED", "used up": "FULFILLED", "expired": "EXPIRED"}
# Each company has 6,000 new invitations of one kind, and three old ones of each kind. In the last company the new ones
# are repairs, in the others the old ones.
GROW = """
    INSERT INTO invitations_invitation (
        id, company_id, invitation_type, connection_id, token_hash, encrypted_token, allowed_emails, send_email,
        is_automatic, expires_at, max_uses, use_count, prefill, locale, external_id, metadata, revoked_at,
        created_at, updated_at
    )
    SELECT (%(ids)s::uuid[])[n], (%(companies)s::uuid[])[1 + n %% 5],
        CASE WHEN is_repair THEN 'EDIT_CONNECTION' ELSE 'CREATE_CONNECTION' END,
        (%(connections)s::uuid[])[CASE WHEN is_repair THEN 1 + is_new::integer END],
        sha256(n::text::bytea),
        coalesce((%(sealed)s::bytea[])[
            CASE WHEN n <= %(old)s THEN n WHEN n > %(shown)s THEN n - %(shown)s + %(old)s END
        ], ''),
        ARRAY['someone' || n || '@example.com', CASE WHEN is_new THEN 'new@example.com' ELSE '*@old.example.com' END],
        true, false,
        CASE kind WHEN 'endless' THEN NULL WHEN 'expired' THEN now() - interval '1 day'
            ELSE now() + interval '1 year' + n * interval '1 minute' END,
        1, CASE WHEN kind IN ('used up', 'revoked') THEN 1 ELSE 0 END, '{}', 'en',
        CASE WHEN is_new THEN 'new' ELSE 'old' END, '{}', CASE kind WHEN 'revoked' THEN now() END,
        %(begin)s + n * interval '1 minute', now()
    FROM (
        SELECT n, n > %(old)s AS is_new, (n %% 5 = 4) = (n > %(old)s) AS is_repair,
            (%(kinds)s::text[])[1 + CASE WHEN n > %(old)s THEN n %% 5 ELSE (n / 5) %% 5 END] AS kind
        FROM generate_series(1, %(all)s) AS n
    ) AS drawn
"""


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """Companies by the kind of most of their invitations, and the SQL parameters."""
    with shared_rows(django_db_blocker):
        company = CompanyFactory()
        found = [company, *(CompanyFactory(partner=company.partner) for _ in range(4))]
        begin = timezone.now() - timedelta(days=30)
        first = int(begin.timestamp() * 1000)
        ids = [UUID(int=(first + n * 60_000) << 80 | 7 << 76 | 2 << 62) for n in range(1, ALL + 1)]
        sealed = [encrypt_token("token", owner_id=each) for each in ids[:OLD] + ids[SHOWN:]]
        given = {"old": OLD, "all": ALL, "shown": SHOWN, "begin": begin, "ids": ids, "sealed": sealed}
        given |= {"companies": [each.pk for each in found], "kinds": list(KINDS)}
        given["connections"] = [make_connection(company).pk, make_connection(company).pk]
        with connection.cursor() as cursor:
            cursor.execute(GROW, given)
            # as autovacuum does
            cursor.execute("SELECT gin_clean_pending_list('invitation_allowed_emails')")
            cursor.execute("ANALYZE invitations_invitation")
        yield dict(zip(KINDS, found, strict=True)), given


@pytest.fixture
def company(many, db):
    """The company of the first kind."""
    return next(iter(many[0].values()))


@pytest.fixture
def read(api, many):
    """Count the invitations that a query shows and the rows that it reads."""
    companies, _ = many

    def ask(kind, **query):
        answers = []
        path = f"invitation/company/{companies[kind].pk}"
        number = rows_read(lambda: answers.append(api.get(path, query)), "invitations_invitation")
        (answer,) = answers
        assert answer.status_code == 200, answer.content
        return len(answer.json()["invitations"]), number

    return ask


def test_status_filters_read_few_rows(read):
    for kind, own in KINDS.items():
        for asked in (*STATUSES, ("ACTIVE", "FULFILLED"), ("REVOKED", "EXPIRED")):
            statuses = [asked] if isinstance(asked, str) else list(asked)
            shown, number = read(kind, status=statuses)
            olds = sum(3 for status in KINDS.values() if status in statuses)
            # many invitations with an expiry are found by it and sorted
            most = 2 * MAX_SORTED_ROWS if kind in {"going on", "expired"} and own in statuses else 100
            assert (shown, number <= most) == (50 if own in statuses else olds, True), (kind, asked, number)


def test_other_filters_read_few_rows(read, many):
    begin, connections = many[1]["begin"], many[1]["connections"]
    for kind in KINDS:
        is_repair = kind == "expired"
        for query, shows in (
            ({}, 50),
            ({"invitationType": "CREATE_CONNECTION"}, 15 if is_repair else 50),
            ({"invitationType": "EDIT_CONNECTION"}, 50 if is_repair else 15),
            ({"invitationType": ["CREATE_CONNECTION", "EDIT_CONNECTION"]}, 50),
            ({"externalId": "new"}, 50),
            ({"externalId": "old"}, 15),
            ({"externalId": "none"}, 0),
            ({"email": "*@old.example.com"}, 15),
            ({"email": "nobody@example.com"}, 0),
            ({"createdBefore": begin + timedelta(minutes=OLD, seconds=1)}, 15),
            ({"createdAfter": begin + timedelta(minutes=ALL - 100, seconds=1)}, 20),
            ({"connectionId": connections[0]}, 0 if is_repair else 15),
            ({"connectionId": connections[1]}, 50 if is_repair else 0),
        ):
            shown, number = read(kind, **query)
            assert (shown, number <= 300) == (shows, True), (kind, query, number)


def test_common_address_is_not_counted_fully(read):
    shown, number = read("endless", email="new@example.com")

    assert (shown, number < 2 * MAX_SORTED_ROWS) == (50, True)


def test_search_for_open_invitations_reads_few_rows(many):
    companies, _ = many
    for company in companies.values():
        addresses = [f"someone{number}@example.com" for number in range(0, ALL, 1000)]
        number = rows_read(lambda asked=addresses, of=company: newest_open(of, asked), "invitations_invitation")
        assert number <= 100, number
