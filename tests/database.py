"""The test database: copied from a template, emptied after tests that commit, reached from other processes."""

import hashlib
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

from config import database
from config.db.embedded import Cluster

# Filled by `migrate`, not by tests.
KEPT_TABLES = ["django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"]
# also partitions, which have the rows of a partitioned table
TABLES = """
    SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# Referencing tables come first. A table without a page has no rows.
FILLED_TABLES = f"{TABLES} AND pg_relation_size(oid) > 0 AND relname <> ALL (%s) ORDER BY oid DESC"
CODE_FOLDERS = ("companies", "config", "connections", "invitations")


def start_server() -> None:
    """Start an embedded server for tests alone, which may lose its data in a power cut; development's is durable."""
    if database.is_embedded():
        options = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
        cluster = Cluster(database.DATA_DIR / "test-postgres", options)
        cluster.start()
        settings.DATABASES["default"]["HOST"] = cluster.host


def use_template(*, create: bool) -> None:
    """Make Django copy each test database from a migrated template, which takes a tenth of the time.

    The template stays for later runs, until migrations, models or the lock file change. `create` makes a missing one.
    """
    name = f"latchkey_template_{_code_digest()}"
    settings.DATABASES["default"]["TEST"] |= {"TEMPLATE": name, "MIGRATE": False}
    if create:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('latchkey_template'))")
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'latchkey_template_')")
            known = [row[0] for row in cursor]
            if name not in known:
                _create_template(cursor, name, replaces=known)


def _code_digest() -> str:
    """Digest of migrations, of the modules they import, and of the receivers of `post_migrate`."""
    modules = [path for folder in CODE_FOLDERS for path in (settings.BASE_DIR / folder).rglob("*.py")]
    digest = hashlib.sha256((settings.BASE_DIR / "uv.lock").read_bytes())
    for path in sorted(modules):
        if path.parent.name in {"migrations", "models", "db"} or path.stem in {"apps", "groups"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _create_template(cursor: Any, name: str, *, replaces: list[str]) -> None:
    draft = "latchkey_template_draft"
    for each in {*replaces, draft}:
        cursor.execute(f"DROP DATABASE IF EXISTS {each}")
    cursor.execute(f"CREATE DATABASE {draft}")
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = draft
    try:
        call_command("migrate", verbosity=0)
        # statistics of tables that are empty between tests would make PostgreSQL avoid their indexes
        with connection.cursor() as tables:
            tables.execute(TABLES)
            for (table,) in tables.fetchall():
                tables.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
    cursor.execute(f"ALTER DATABASE {draft} RENAME TO {name}")


def flush_by_delete() -> None:
    """Replace Django's flush after a test that commits: 10 ms instead of 200, since few tables have rows.

    Only after a change to the kept tables, Django flushes and fills all.
    """
    flush_all = TransactionTestCase._fixture_teardown
    kept_rows = _rows_of(KEPT_TABLES)

    def flush(case: TransactionTestCase) -> None:
        nonlocal kept_rows
        if _rows_of(KEPT_TABLES) == kept_rows:
            _delete_rows()
        else:
            flush_all(case)
            kept_rows = _rows_of(KEPT_TABLES)

    TransactionTestCase._fixture_teardown = flush


def _rows_of(tables: list[str]) -> list[Any]:
    query = "SELECT md5(string_agg(each::text, ' ' ORDER BY each::text)) FROM {} AS each"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(query.format(table) for table in tables))
        return cursor.fetchall()


def _delete_rows() -> None:
    """Wait for writers, as TRUNCATE would, and delete in one transaction: foreign keys are checked at its end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILLED_TABLES, [KEPT_TABLES])
        tables = [row[0] for row in cursor]
        if tables:
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


def database_url() -> str:
    """URL of the test database, for another process."""
    known = connection.get_connection_params()
    login = quote(known["user"]) + (f":{quote(known['password'])}" if known.get("password") else "")
    place = urlencode({name: known[name] for name in ("host", "port", "connect_timeout") if known.get(name)})
    return f"postgres://{login}@/{known['dbname']}?{place}"


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def forget_jobs() -> None:
    execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
