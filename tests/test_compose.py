"""compose.yaml, as far as it can be checked without a container engine."""

import re

import yaml
from django.conf import settings

from tests.operations.roles import ROLES

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


def test_only_migrations_use_the_owner():
    environments = {name: service.get("environment", {}) for name, service in SERVICES.items()}
    roles = {name: re.match(r"postgres://(\w+)", each.get("DATABASE_URL", "")) for name, each in environments.items()}

    assert {name: role[1] for name, role in roles.items() if role} == {
        "migrate": "latchkey_owner",
        "web": "latchkey",
        "worker": "latchkey",
    }
    assert environments["migrate"].keys() == environments["web"].keys()
    (source,) = (each["source"] for each in SERVICES["db"]["configs"])
    assert COMPOSE["configs"][source] == {"file": "docs/operations/roles.sql"}
    assert set(re.findall(r"getenv \w+ (\w+)", ROLES.read_text())) < environments["db"].keys()
