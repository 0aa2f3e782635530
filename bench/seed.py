"""The database of a measurement: made anew, and filled with invitations as a busy year leaves them."""

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
STATEMENTS = Path(__file__).with_name("seed.sql")


@dataclass(frozen=True)
class Seeded:
    """Company whose invitations are measured, and a key that may read them."""

    company: Company
    api_key: str


def create_database(url: str) -> None:
    """An empty database at `url`, in place of the one that may be there."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(url.replace(f"/{name}", "/postgres", 1), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def seed(rows: int) -> Seeded:
    """Tables with `rows` invitations, a tenth of them the company's, with their connections, uses and logs.

    Made over the past year, newest last, with tokens that open. Connections have no credentials: nothing measured
    reads them.
    """
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_datasources", stdout=io.StringIO())
    seeded = _seed_companies()
    for model in (Invitation, Connection, Use, InvitationEvent):
        _let_the_database_know_defaults(model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE staged (n integer, at timestamptz, id uuid, token_hash bytea, encrypted_token bytea)"
        )
        with cursor.copy("COPY staged (n, at, id, token_hash, encrypted_token) FROM STDIN") as copy:
            for row in _tokens(rows):
                copy.write_row(row)
        # without parameters several statements can be sent at once
        cursor.connection.execute(STATEMENTS.read_text(), prepare=False)
    _settle()
    return seeded


def _let_the_database_know_defaults(model: type[Model]) -> None:
    """The SQL names only the columns it has something to say about; the model knows what the others begin with."""
    table = sql.Identifier(model._meta.db_table)
    for field in model._meta.concrete_fields:
        default = field.get_default()
        if default is None or field.primary_key:
            continue
        literal = sql.Literal(field.get_db_prep_save(default, connection))
        statement = sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}")
        with connection.cursor() as cursor:
            cursor.connection.execute(statement.format(table, sql.Identifier(field.column), literal))


def _seed_companies() -> Seeded:
    """The target company comes first, so that its id sorts before all others."""
    partners = [Partner.objects.create(name=f"Partner {number}") for number in range(PARTNERS)]
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
    """For each row its number, time, id (a UUIDv7 of that time), token hash and sealed token, oldest first."""
    now_ms = time.time_ns() // 1_000_000
    for number in range(rows):
        at_ms = now_ms - YEAR_MS + YEAR_MS * number // rows
        # RFC 9562, 5.7; the last byte is left to the SQL
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
