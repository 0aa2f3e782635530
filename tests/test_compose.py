"""compose.yaml, as far as it can be checked without a container engine."""

import re
import secrets
from collections.abc import Iterator

import psycopg
import pytest
import yaml
from django.conf import settings

COMPOSE = yaml.safe_load((settings.BASE_DIR / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_containers_have_no_privileges():
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"], name
        assert service["pids_limit"], name


def test_images_are_pinned():
    images = {name: service["image"] for name, service in SERVICES.items() if service["image"] != "latchkey"}

    assert set(images) == {"db", "proxy"}
    assert all(image.rpartition(":")[2].count(".") for image in images.values())


def test_only_the_proxy_is_published():
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["proxy"]["ports"])
    assert COMPOSE["networks"]["database"]["internal"]


def test_long_running_services_have_healthchecks():
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}


def test_role_of_the_database_suffices(role):
    with psycopg.connect(**role, autocommit=True) as own:
        own.execute("CREATE EXTENSION pg_trgm")
        own.execute("CREATE TABLE kept (id int)")
        (may,) = own.execute(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert may is False


@pytest.fixture
def role(db: None) -> Iterator[dict[str, object]]:
    """Connection parameters of a role and its database, created by the script of compose.yaml."""
    entry = settings.DATABASES["default"]
    server = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], "password": entry["PASSWORD"]}
    name, password = f"latchkey_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as administrator:
        if not administrator.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()[0]:
            pytest.skip("Only a superuser can create a role.")
        try:
            for statement in role_statements(name, password):
                administrator.execute(statement)
            yield server | {"user": name, "password": password, "dbname": name}
        finally:
            administrator.execute(f"DROP DATABASE IF EXISTS {name}")
            administrator.execute(f"DROP ROLE IF EXISTS {name}")


def role_statements(name: str, password: str) -> list[str]:
    """Return the SQL of the script with another name, as psql would read it."""
    script = COMPOSE["configs"]["create-role"]["content"]
    sql = re.search(r"<<'SQL'\n(.*)\nSQL", script, re.DOTALL)[1]
    return sql.replace("latchkey", name).replace(":'password'", f"'{password}'").splitlines()
