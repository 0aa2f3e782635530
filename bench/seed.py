"""Database of a measurement, filled with the invitations of a busy year."""

import hashlib
import io
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from companies.models import Company, Partner, Site
from companies.services.partners import issue_api_key
from connections.models import Connection, Datasource
from invitations.models import Invitation, InvitationEvent, Use
from invitations.models.tokens import encrypt_token

YEAR_MS = 365 * 24 * 60 * 60 * 1000
OTHER_COMPANIES = 200
PARTNERS = 8
LIMITS = {"reads_per_minute": 1_000_000, "writes_per_minute": 1_000_000}  # a measurement must not be refused
STATEMENTS = Path(__file__).with_name("seed.sql")


@dataclass(frozen=True)
class Seeded:
    """Company whose invitations are measured, and a key that may read them."""

    company: Company
    api_key: str


def create_database(url: str) -> None:
    """Create an empty database at `url`. Drops an existing one."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(url.replace(f"/{name}", "/postgres", 1), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def seed(rows: int) -> Seeded:
    """Insert `rows` invitations, a tenth of them for the company, with their connections, uses and logs.

    They were created over the past year and have valid tokens. Connections have no credentials, because no measured
    operation reads them.
    """
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_datasources", stdout=io.StringIO())
    seeded = _seed_companies()
    for model in (Invitation, Connection, Use, InvitationEvent):
        set_database_defaults(model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE staged (n integer, at timestamptz, id uuid, token_hash bytea, encrypted_token bytea)"
        )
        with cursor.copy("COPY staged (n, at, id, token_hash, encrypted_token) FROM STDIN") as copy:
            for row in _tokens(rows):
                copy.write_row(row)
        # several statements in one call need a query without parameters
        cursor.connection.execute(STATEMENTS.read_text(), prepare=False)
    _settle()
    return seeded


def set_database_defaults(model: type[Model]) -> None:
    """Copy the model's defaults to the table, because the SQL leaves out most columns."""
    table = sql.Identifier(model._meta.db_table)
    for field in model._meta.concrete_fields:
        default = field.get_default()
        if default is None or field.primary_key or field.generated:
            continue
        literal = sql.Literal(field.get_db_prep_save(default, connection))
        statement = sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}")
        with connection.cursor() as cursor:
            cursor.connection.execute(statement.format(table, sql.Identifier(field.column), literal))


def _seed_companies() -> Seeded:
    """Create the measured company first, so that its id sorts before all others."""
    partners = [Partner.objects.create(name=f"Partner {number}", **LIMITS) for number in range(PARTNERS)]
    company = Company.objects.create(partner=partners[0], name="Riverside Bakeries")
    others = [
        Company.objects.create(partner=partners[number % PARTNERS], name=f"Company {number}")
        for number in range(OTHER_COMPANIES)
    ]
    Site.objects.bulk_create(Site(company=company, name=f"Site {number}") for number in range(3))
    provider = Datasource.objects.order_by("pk").first()
    Connection.objects.bulk_create(Connection(company=each, datasource=provider) for each in [company, *others])
    return Seeded(company, issue_api_key(partners[0], name="Bench")[1])


def _tokens(rows: int) -> Iterator[tuple[int, str, UUID, bytes, bytes]]:
    """Yield number, time, id (UUIDv7), token hash and encrypted token of each row, oldest first."""
    now_ms = time.time_ns() // 1_000_000
    for number in range(rows):
        at_ms = now_ms - YEAR_MS + YEAR_MS * number // rows
        # RFC 9562, 5.7; the SQL sets the last byte
        invitation_id = UUID(int=at_ms << 80 | 7 << 76 | 2 << 62 | secrets.randbits(54) << 8)
        token = secrets.token_urlsafe(32)
        yield (
            number,
            _iso(at_ms),
            invitation_id,
            hashlib.sha256(token.encode()).digest(),
            encrypt_token(token, owner_id=invitation_id),
        )


def _iso(at_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms // 1000)) + f".{at_ms % 1000:03d}Z"


def _settle() -> None:
    """Do what an hour of quiet would: statistics, visibility, and no checkpoint during a measurement."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    connection.close()
