"""The test database, seen from outside this process."""

from urllib.parse import quote, urlencode

from django.db import connection


def database_url() -> str:
    """The test database, for another process."""
    known = connection.get_connection_params()
    login = quote(known["user"]) + (f":{quote(known['password'])}" if known.get("password") else "")
    place = urlencode({name: known[name] for name in ("host", "port", "connect_timeout") if known.get(name)})
    return f"postgres://{login}@/{known['dbname']}?{place}"


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def forget_jobs() -> None:
    """Django's flush leaves them, for their tables are not its own."""
    execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
