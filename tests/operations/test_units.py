"""Pages, units, proxies and compose.yaml name the same commands, ports and variables."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.quick

ROOT = Path(settings.BASE_DIR)
PAGES = ROOT / "docs/operations"
UNITS = {path.name: path.read_text() for path in (PAGES / "systemd").glob("latchkey*.*") if path.is_file()}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
INSTALL = (PAGES / "install.md").read_text()


def started_by(unit: str) -> list[str]:
    return re.findall(r"^ExecStart=/opt/latchkey/current/.venv/bin/(.*)$", UNITS[unit], re.MULTILINE)


def test_units_and_compose_start_the_same():
    (worker,) = started_by("latchkey-worker@.service")
    assert worker == " ".join(COMPOSE["worker"]["command"])
    assert " && ".join(started_by("latchkey-migrate.service")) == COMPOSE["migrate"]["command"][-1]
    (web,) = started_by("latchkey-web@.service")
    container = re.search(r"^CMD \[(.*)\]$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert container.replace('"', "").replace(",", "").startswith(web.removesuffix(" --port %i"))
    assert all(f"`{command}`" in INSTALL for command in (worker, *started_by("latchkey-migrate.service")))


def test_ports_of_web_servers_agree():
    ports = set(re.findall(r"latchkey-web@(\d+)", UNITS["latchkey.target"]))
    proxies = [(PAGES / name).read_text() for name in ("nginx-site.conf", "Caddyfile")]

    assert [set(re.findall(r"127\.0\.0\.1:(\d+)", text)) for text in proxies] == [ports, ports]
    assert f"for port in {' '.join(sorted(ports))}; do" in (PAGES / "upgrade.md").read_text()


def test_versions_of_uv_agree():
    files = {"Makefile": "UV_VERSION := ", "Dockerfile": "ARG UV_VERSION=", "docs/operations/install.md": "uv=="}
    versions = {re.search(rf"{before}([\d.]+)", (ROOT / name).read_text())[1] for name, before in files.items()}
    assert len(versions) == 1


def test_variables_of_install_exist():
    known = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    machine, compose = INSTALL.split("## With compose")
    environment = re.findall(r'^([A-Z_]+)="', machine, re.MULTILINE)
    assert set(environment) <= known
    assert len(environment) > 8
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "compose.yaml").read_text()))
    assert required <= set(re.findall(r"^([A-Z_]+)=", compose, re.MULTILINE))


def test_install_names_every_unit():
    names = {name.replace("@.", "@") for name in UNITS if name.endswith((".service", ".timer", ".target"))}
    timed = {name.removesuffix(".timer") for name in names if name.endswith(".timer")}
    assert {
        name for name in names if name.removesuffix(".service") not in timed and f"`{name[:-8]}" not in INSTALL
    } == set()
