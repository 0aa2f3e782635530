"""The commands of install.md and proxy.md, under systemd: `make operations` prints what they lead to."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.operations.machine import Machine, machine

PAGES = Path(settings.BASE_DIR, "docs/operations")
# without a network: packages are here, uv is the one of this environment, and its cache has the wheels
HERE = {
    "apt-get install": "true",
    "VERSION=1\n": "VERSION=1 REPOSITORY=/mnt/repository\n",
    "/opt/latchkey/uv/bin/pip install --quiet uv==0.13.9": "ln -s /mnt/repository/.venv/bin/uv /opt/latchkey/uv/bin/uv",
    "VERSION=2\n": "VERSION=2 REPOSITORY=/mnt/repository\n",
    "latchkey-manage createsuperuser\n": "",
}
SITE = "https://connect.example.com"
# of the group `operations`: that of Debian 12 is too old, see proxy.md
CADDY = "/mnt/repository/.venv/bin/caddy"
NEW_KEY = """
from companies.models.partners import World
from companies.services.companies import create_company
from companies.services.partners import create_partner, issue_api_key
partner = create_partner(name="Northwind", writes_per_minute=1000000)
company = create_company(World(partner.pk, True), name="Riverside")
print(company.pk, issue_api_key(partner, name="CRM", is_live=True, scopes=["invitations:write"])[1])
"""
CERTIFICATE = """
mkdir -p /etc/letsencrypt/live/connect.example.com && cd /etc/letsencrypt/live/connect.example.com
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=connect.example.com -keyout privkey.pem -out fullchain.pem
echo 127.0.0.1 connect.example.com >> /etc/hosts
"""


def blocks(page: str, heading: str) -> list[str]:
    """Return the blocks of commands of a section, with the changes that this machine needs."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL)[1]
    for theirs, ours in HERE.items():
        section = section.replace(theirs, ours)
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def installed() -> Machine:
    steps = ("1. Programs", "2. The database", "3. The environment", "4. The services")
    with machine() as it:
        it.run("[ -e /etc/postgresql/*/main ] || pg_createcluster 15 main; systemctl start postgresql@15-main")
        it.run("".join(block for step in steps for block in blocks("install.md", step)))
        it.run(CERTIFICATE + blocks("proxy.md", "nginx")[0])
        yield it


@pytest.fixture(scope="module")
def key(installed: Machine) -> tuple[str, str]:
    """Path of a call that creates invitations, and an API key for it."""
    said = installed.run(f"latchkey-manage shell --no-imports --command '{NEW_KEY}'")
    company, value = said.split()[-2:]
    return f"/v2/invitation/company/{company}", value


def test_installed_machine_is_ready(installed):
    probe = f"curl --silent --insecure {SITE}"
    installed.run(f"for try in $(seq 60); do {probe}/healthz/worker | grep -q working && exit; sleep 1; done; exit 1")

    assert json.loads(installed.run(f"{probe}/readyz")) == {"status": "ready"}
    assert installed.run("systemctl list-units --no-legend --plain --state=failed") == ""


def test_doctor_finds_nothing_grave(installed):
    print(installed.run("latchkey-manage doctor --offline"))
    # the machine has no network, so the unit finds a mail server that does not answer
    said = installed.run("systemctl start latchkey-doctor || journalctl --unit latchkey-doctor --output=cat --no-pager")
    assert "mail" in said


def test_units_are_hardened(installed):
    for unit, most in {"web@8001": 1.1, "worker@1": 1.3, "migrate": 1.3, "doctor": 1.3, "backup": 1.1}.items():
        installed.run(f"systemd-analyze security --no-pager --threshold={round(most * 10)} latchkey-{unit}.service")
    files = "latchkey-{web@8001,worker@1,migrate,doctor,backup}.service latchkey-{doctor,backup}.timer latchkey.target"
    assert installed.run(f"systemd-analyze verify {files}") == ""
    assert installed.run("stat --format=%a /etc/latchkey /etc/latchkey/*").split() == ["700", "600", "600"]


def test_roles_are_those_of_their_processes(installed):
    said = installed.run("runuser -u postgres -- psql -AtXc 'SELECT DISTINCT usename FROM pg_stat_activity' latchkey")
    assert "latchkey_owner" not in said.split()
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = $$public$$"
    assert installed.run(f"runuser -u postgres -- psql -AtXc '{owners}' latchkey").split() == ["latchkey_owner"]


def test_new_password_loses_hardly_a_request(installed, key):
    traffic = start_traffic(installed, SITE, key)
    (replace,) = blocks("secrets.md", "Passwords of the database")
    installed.run(f"sleep 3\n{replace}")

    outcomes = outcomes_of(traffic, "new password of the database")
    used = "SELECT DISTINCT usename FROM pg_stat_activity WHERE usename LIKE $$latchkey%$$"
    assert installed.run(f"runuser -u postgres -- psql -AtXc '{used}' latchkey").startswith("latchkey_20")
    assert sum(outcomes.values()) - outcomes["201"] <= outcomes["201"] / 1000


def test_update_and_return_lose_hardly_a_request(installed, key):
    """At full load, some requests are on their way to a server when it closes."""
    prepare, update, go_back = blocks("upgrade.md", "One machine")
    installed.run(prepare)
    for name, site, commands, version in (
        ("update behind nginx", SITE, update, "2"),
        ("return behind Caddy", caddy(installed), go_back, "1"),
    ):
        traffic = start_traffic(installed, site, key)
        installed.run(f"sleep 3\n{commands}")

        outcomes = outcomes_of(traffic, name)
        assert sum(outcomes.values()) - outcomes["201"] <= outcomes["201"] / 200
        folder = installed.run("readlink /proc/$(systemctl show --property=MainPID --value latchkey-web@8002)/cwd")
        assert folder.strip() == f"/opt/latchkey/releases/{version}"


def test_pooler_serves_the_same(installed, key):
    (commands,) = blocks("database.md", "A pooler")
    installed.run(commands)
    traffic = start_traffic(installed, SITE, key)
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE $$latchkey%$$"
    installed.run(f"sleep 5; runuser -u postgres -- psql -AtXc '{sessions}' latchkey")

    assert outcomes_of(traffic, "through PgBouncer in transaction mode").keys() == {"201"}
    installed.run(f"curl -sfk {SITE}/healthz/worker; systemctl start latchkey-migrate")


def test_proxies_log_no_paths(installed):
    sites = [SITE, caddy(installed)]
    installed.run("systemctl stop latchkey-web@8001 latchkey-web@8002")
    asked = [installed.run(f"curl -sko /dev/null -w '%{{http_code}}' {site}/p/i/a-secret-token") for site in sites]
    installed.run("systemctl start latchkey-web@8001 latchkey-web@8002")

    assert asked == ["502", "502"]
    found = "{ journalctl --no-pager --output=cat; cat /var/log/nginx/*; } | grep a-secret-token || true"
    assert installed.run(found) == ""


def test_metrics_outlive_a_restart(installed):
    for unit, port in {"web": "1%%i", "worker": "1900%%i"}.items():
        folder = f"/etc/systemd/system/latchkey-{unit}@.service.d"
        installed.run(
            f"mkdir {folder}; printf '[Service]\\nEnvironment=METRICS_PORT={port}\\n' > {folder}/metrics.conf"
        )
    installed.run("systemctl daemon-reload; systemctl restart latchkey-web@8001 latchkey-worker@1")
    installed.run("sleep 5; systemctl restart latchkey-worker@1; curl -sk http://127.0.0.1:8001/healthz; sleep 1")

    assert "latchkey_http_requests_total" in installed.run("curl -sf http://127.0.0.1:18001/metrics")
    assert "latchkey_queue_jobs" in installed.run(
        "curl -sf --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:19001/metrics"
    )


def start_traffic(it: Machine, site: str, key: tuple[str, str]) -> "subprocess.Popen[str]":
    python = "/opt/latchkey/current/.venv/bin/python /mnt/repository/tests/operations/creates.py"
    return it.popen(f"{python} {site}{key[0]} {key[1]} 25")


def outcomes_of(traffic: "subprocess.Popen[str]", what: str) -> dict[str, int]:
    output, _ = traffic.communicate(timeout=60)
    print(f"{what}: {output}")
    return json.loads(output)["outcomes"]


def caddy(it: Machine) -> str:
    """Run Caddy with its file, a certificate of its own and other ports, and return its URL."""
    if "8443" in it.run("ss --listening --tcp --numeric"):
        return f"{SITE}:8443"
    options = "local_certs\n skip_install_trust\n auto_https disable_redirects\n https_port 8443\n"
    text = (PAGES / "Caddyfile").read_text().replace("\tservers {", f"{options}\tservers {{", 1)
    it.run(f"cat > /tmp/Caddyfile <<'END'\n{text}\nEND\n{CADDY} validate --config /tmp/Caddyfile")
    it.run(f"systemd-run --quiet --setenv=HOME=/tmp {CADDY} run --config /tmp/Caddyfile")
    it.run(f"for try in $(seq 60); do curl -sfk {SITE}:8443/readyz && exit; sleep 1; done; exit 1")
    return f"{SITE}:8443"


def test_sizes_are_those_of_the_page(installed):
    """After the traffic of the tests above."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE $$latchkey%$$"
    connections = int(installed.run(f"runuser -u postgres -- psql -AtXc '{count}' latchkey"))
    memory = installed.run(
        "systemctl show --property=MemoryCurrent --value latchkey-web@8001 latchkey-worker@1"
    ).split()
    figures = [round(int(each) / 2**20) for each in memory]

    print(f"{connections} connections; MiB of a web server and the worker: {figures}")
    assert connections <= 40
    assert max(figures) < 768


def test_killed_processes_come_back(installed):
    installed.run("systemctl kill --signal=KILL --kill-who=main latchkey-web@8001 latchkey-web@8002 latchkey-worker@1")
    installed.run(f"for try in $(seq 60); do curl -sfk {SITE}/readyz && exit; sleep 1; done; exit 1")


def test_nightly_dump_is_whole(installed):
    installed.run("systemctl start latchkey-backup")

    assert json.loads(installed.run(f"curl -sfk {SITE}/readyz")) == {"status": "ready"}
    (dump,) = installed.run("ls /var/lib/latchkey-backup").split()
    tables = installed.run(f"pg_restore --list /var/lib/latchkey-backup/{dump}")
    assert dump.endswith(".dump")
    assert "TABLE DATA public invitations_invitation " in tables
    assert installed.run("stat --format=%a:%U /var/lib/latchkey-backup/*.dump").split() == ["600:postgres"]


def test_restored_machine_goes_on(installed, key):
    path, value = key
    create = f"curl -sfk -X POST -H 'X-API-KEY: {value}' -H 'Content-Type: application/json' -d '{{}}' {SITE}{path}"
    created = json.loads(installed.run(create))
    installed.run("systemctl start latchkey-backup")
    lost = json.loads(installed.run(create))
    installed.run("".join(blocks("backup.md", "Restore")))
    installed.run(f"for try in $(seq 60); do curl -sfk {SITE}/readyz && exit; sleep 1; done; exit 1")

    link = f"curl -sk -o /dev/null -w '%{{http_code}}' {SITE}/p/i/"
    assert [installed.run(link + each["token"]) for each in (created, lost)] == ["200", "404"]
    assert json.loads(installed.run(create))["status"] == "ACTIVE"
