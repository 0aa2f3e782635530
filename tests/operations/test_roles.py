"""The role of web servers and workers reads and writes rows, and does nothing else."""

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.test import Client
from procrastinate.contrib.django import app

from companies.models import RequestQuota, WebhookDelivery
from config.management.commands.migrate import NotOwner
from tests.companies.services.webhooks.deliveries import make_endpoint
from tests.companies.services.webhooks.receiver import Receiver
from tests.database import execute
from tests.factories import UserFactory
from tests.invitations.conftest import mail_server
from tests.operations.roles import connected_as, create_roles, own_database, superuser
from tests.scenario import Scenario
from tests.worker import worker

__all__ = ["mail_server", "worker"]

pytestmark = pytest.mark.quick

FORBIDDEN = {
    "CREATE TABLE more (id int)",
    "CREATE TEMPORARY TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE more",
    "ALTER TABLE companies_partner ADD COLUMN more int",
    "ALTER TABLE companies_partner DISABLE TRIGGER ALL",
    "DROP TABLE invitations_invitationevent",
    "TRUNCATE invitations_invitationevent",
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY companies_partner TO PROGRAM 'true'",
    "ALTER SYSTEM SET log_statement = 'all'",
    "SET ROLE postgres",
}


@pytest.fixture
def role(transactional_db, worker):
    """Web server and worker of this test have the role, on a database of their own."""
    template = settings.DATABASES["default"]["TEST"]["TEMPLATE"]
    with own_database(template=template) as name, connected_as(name, name):
        yield name


@pytest.fixture
def receiver(tmp_path):
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.stop()


def test_role_suffices_for_a_day(role, mail_server, worker, receiver, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    day = Scenario(mail_server, worker)
    day.live()
    make_endpoint(day.company, url=receiver.url("/ok"))
    browser = Client()
    browser.force_login(UserFactory())
    site = browser.post("/admin/companies/site/add/", {"company": day.company.pk, "name": "Bakery", "is_active": "on"})
    assert site.status_code == 302
    day.api.post(f"invitation/company/{day.company.pk}")
    for periodic in app.periodic_registry.periodic_tasks.values():
        periodic.task.defer(timestamp=0)
    worker.later()

    assert WebhookDelivery.objects.filter(status="DELIVERED").exists()
    assert RequestQuota.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, attempts FROM procrastinate_jobs WHERE status <> 'succeeded' AND attempts > 0"
        )
        assert cursor.fetchall() == []


def test_owner_may_migrate(db):
    with own_database() as name:
        with psycopg.connect(**superuser() | {"user": f"{name}_owner", "dbname": name}, autocommit=True) as owner:
            owner.execute("CREATE EXTENSION pg_trgm; CREATE TABLE kept (id serial)")
            attributes = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
            powerful = owner.execute(f"SELECT rolname FROM pg_roles WHERE ({attributes}) AND rolname LIKE '{name}%'")
            assert powerful.fetchall() == []
        with psycopg.connect(**superuser() | {"user": name, "dbname": name}, autocommit=True) as role:
            role.execute("INSERT INTO kept DEFAULT VALUES")


def test_roles_of_an_older_installation_change(db):
    """The role of web servers owned the database."""
    with own_database() as name, psycopg.connect(**superuser() | {"dbname": name}, autocommit=True) as administrator:
        administrator.execute(f"ALTER DATABASE {name} OWNER TO {name}; ALTER SCHEMA public OWNER TO pg_database_owner")
        with psycopg.connect(**superuser() | {"user": name, "dbname": name}, autocommit=True) as role:
            role.execute("CREATE EXTENSION pg_trgm; CREATE TABLE kept (id serial); CREATE TYPE kind AS ENUM ('a')")
            role.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
            create_roles(name)
            role.execute("INSERT INTO kept DEFAULT VALUES")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute("TRUNCATE kept")
        with psycopg.connect(**superuser() | {"user": f"{name}_owner", "dbname": name}, autocommit=True) as owner:
            owner.execute("DROP TABLE kept; DROP TYPE kind; DROP FUNCTION one; DROP EXTENSION pg_trgm")


def test_role_may_not_change_the_schema(role):
    def is_refused(statement):
        try:
            execute(statement)
        except ProgrammingError as error:
            return "permission denied" in str(error) or "must be owner" in str(error)
        return False

    assert {statement for statement in FORBIDDEN if not is_refused(statement)} == set()


def test_migrate_names_the_missing_right(role):
    execute("DELETE FROM django_migrations WHERE app = 'invitations'")

    with pytest.raises(NotOwner, match=f"^The role {role} may not change the schema"):
        call_command("migrate", verbosity=0)
