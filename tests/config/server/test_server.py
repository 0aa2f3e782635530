"""The real web server: slow clients, large bodies, versions of HTTP."""

import http.client
import json
import socket
from contextlib import ExitStack, contextmanager

from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client

from companies.login_throttle import fingerprint
from companies.services.partners import issue_api_key
from tests.config.server.conftest import KEY, THREADS
from tests.config.server.nginx import nginx
from tests.factories import CompanyFactory, PartnerFactory, UserFactory, make_api_key, make_invitation
from tests.secrecy import KNOWN

MIB = 1024 * 1024
ANNOUNCED = 64 * MIB
UPLOAD = "/admin/invitations/batch/add/"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
BEGINNING = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
CSRF = {"Cookie": f"csrf={'a' * 32}", "Content-Type": "application/x-www-form-urlencoded"}
SITES = 5_000


@contextmanager
def sent(server, request: str, headers: dict[str, str], body: bytes = b"", *, buffer: int = 0):
    """A connection with a request on it, whose response has not been read."""
    with socket.socket() as wire:
        if buffer:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        wire.settimeout(20)
        wire.connect(server)
        lines = [f"{request} HTTP/1.1", "Host: localhost", *map(": ".join, headers.items()), "\r\n"]
        wire.sendall("\r\n".join(lines).encode() + body)
        yield wire


def response_on(wire: socket.socket) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(wire)
    response.begin()
    return response


def statuses(server, *paths: str) -> dict[str, int]:
    """Return the statuses of new requests. Fails if one takes ten seconds."""
    found = {}
    for path in paths:
        client = http.client.HTTPConnection(*server, timeout=10)
        client.request("GET", path)
        found[path] = client.getresponse().status
        client.close()
    return found


def session() -> dict[str, str]:
    """Return the cookie of a superuser."""
    client = Client()
    client.force_login(UserFactory())
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def test_half_sent_bodies_stop_nothing(server):
    token = make_invitation(allowed_emails=["ann@example.com"]).token
    form, login = f"/p/i/{token}/verify", "/admin/login/"
    with ExitStack() as held:
        for number in range(24):
            path = (form, login)[number % 2]
            held.enter_context(sent(server, f"POST {path}", CSRF | {"Content-Length": "50"}, b"ab"))
        held.enter_context(sent(server, f"POST {UPLOAD}", CSRF | MULTIPART | {"Content-Length": "400000"}, b"ab"))

        answers = statuses(server, "/healthz", "/readyz", login, f"/p/i/{token}")

    assert answers == {"/healthz": 200, "/readyz": 200, login: 200, f"/p/i/{token}": 200}


def test_slow_readers_stop_nothing(server):
    fill_sites()
    cookie = session()
    with ExitStack() as held:
        export = "GET /admin/companies/site/export/"
        readers = [held.enter_context(sent(server, export, cookie, buffer=4096)) for _ in range(THREADS + 1)]
        begun = [response_on(reader) for reader in readers]
        answers = statuses(server, "/healthz", "/admin/login/")
        readers[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
        download = begun[0].read()

    assert answers == {"/healthz": 200, "/admin/login/": 200}
    assert len(download) == int(begun[0].headers["Content-Length"])
    assert download.count(b"\r\n") == SITES + 1


def fill_sites() -> None:
    """Create more rows than the buffers of a connection hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO companies_site (id, company_id, name, address, external_id, created_at, updated_at)
            SELECT gen_random_uuid(), %s, repeat('n', 200), repeat('a', 500), repeat('e', 255), now(), now()
            FROM generate_series(1, %s)
            """,
            [CompanyFactory(name="c" * 200).pk, SITES],
        )


def test_large_body_is_rejected_unread(server):
    token = make_invitation().token
    for path in ["/admin/login/", UPLOAD, f"/p/i/{token}/connect", f"/p/i/{token}/verify", "/v2/company"]:
        with sent(server, f"POST {path}", MULTIPART | {"Content-Length": str(ANNOUNCED)}, BEGINNING) as wire:
            assert response_on(wire).status == 413, path
            # the buffers of two machines
            assert sendable(wire) < ANNOUNCED / 4, path


def sendable(wire: socket.socket) -> int:
    """Return how many bytes of the body the server still accepts."""
    wire.settimeout(1)
    taken = 0
    try:
        while taken < ANNOUNCED:
            taken += wire.send(b"x" * 65536)
    except OSError:
        pass
    return taken


def test_too_large_upload_of_staff_is_explained(server):
    headers = session() | MULTIPART | {"Content-Length": str(8 * MIB)}
    with sent(server, f"POST {UPLOAD}", headers, BEGINNING) as wire:
        wire.sendall(b"x" * (8 * MIB - len(BEGINNING)))
        response = response_on(wire)

    assert (response.status, response.headers["Location"]) == (302, UPLOAD)


def test_chunked_body_is_read(server):
    assert created_with_chunks(server) == (201, 2)


def test_requests_pass_the_proxy(server, tmp_path):
    with nginx(server, tmp_path) as proxy, ExitStack() as held:
        for _ in range(24):
            held.enter_context(sent(proxy, "POST /admin/login/", CSRF | {"Content-Length": "50"}, b"ab"))

        assert statuses(proxy, "/healthz", "/admin/login/") == {"/healthz": 200, "/admin/login/": 200}
        assert created_with_chunks(proxy) == (201, 2)


def created_with_chunks(server) -> tuple[int, int]:
    """Create an invitation with a chunked body; return the status and `maxUses`."""
    company = CompanyFactory()
    _, key = make_api_key(company.partner)
    client = http.client.HTTPConnection(*server, timeout=20)
    headers = {"X-API-KEY": key, "Content-Type": "application/json"}
    pieces = (b'{"maxUses":', b"2}")
    client.request("POST", f"/v2/invitation/company/{company.pk}", iter(pieces), headers, encode_chunked=True)
    response = client.getresponse()
    body = json.load(response)
    KNOWN.note(key, body["token"])
    return response.status, body["maxUses"]


def test_repeated_headers_and_slashes_are_explained(server):
    company = CompanyFactory()
    _, key = make_api_key(company.partner)
    KNOWN.note(key)
    path = f"/v2/invitation/company/{company.pk}"
    known = f"X-API-KEY: {key}\r\nContent-Type: application/json\r\nContent-Length: 2"

    def explained(target: str, headers: str) -> str:
        with socket.create_connection(server, timeout=20) as wire:
            wire.sendall(f"POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{{}}".encode())
            return str(json.load(response_on(wire))["detail"])

    assert "several were sent" in explained(path, f"{known}\r\nIdempotency-Key: a\r\nIdempotency-Key: b")
    assert explained(path, f"{known}\r\nX-API-KEY: {key}") == "Send only one X-API-KEY header."
    for target in (f"{path}/", f"/{path}", path.replace("company/", "company//")):
        assert f"Did you mean {path}?" in explained(target, known), target
    assert not company.invitations.exists()


def test_server_does_not_speak_http_2(server):
    with socket.create_connection(server, timeout=20) as wire:
        wire.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        response = wire.recv(9)

    # an HTTP/2 server begins with a SETTINGS frame
    assert response[3:4] != b"\x04"


def test_forged_proxy_headers_are_ignored(server):
    """A proxy sets `X-Forwarded-For` and passes on the names with an underscore that the client sent."""
    wanted = {
        "port": ("203.0.113.1", {"X-Forwarded-For": "203.0.113.1:51234"}),
        "brackets": ("2001:db8:0:2::", {"X-Forwarded-For": "[2001:db8:0:2::1]:443"}),
        "forged before": ("203.0.113.3", {"X_Forwarded_For": "192.0.2.66", "X-Forwarded-For": "203.0.113.3"}),
        "forged after": ("203.0.113.4", {"X-Forwarded-For": "203.0.113.4", "X_FORWARDED_FOR": "192.0.2.66"}),
        "appended": ("203.0.113.5", {"X-Forwarded-For": "192.0.2.66, 203.0.113.5"}),
        "repeated": ("203.0.113.6", {"X-Forwarded-For": "192.0.2.66", "x-forwarded-for": "203.0.113.6"}),
        # over https, a form without Referer would be rejected
        "scheme": ("203.0.113.7", {"X-Forwarded-For": "203.0.113.7", "X_Forwarded_Proto": "https"}),
        "garbage": ("127.0.0.1", {"X-Forwarded-For": "unknown"}),
    }
    for name, (_, headers) in wanted.items():
        body = f"csrfmiddlewaretoken={'a' * 32}&username={name}&password=wrong".encode()
        with sent(server, "POST /admin/login/", CSRF | headers | {"Content-Length": str(len(body))}, body) as wire:
            assert response_on(wire).status == 200, name

    counted = {attempt.username: attempt.ip_address for attempt in AccessAttempt.objects.all()}
    assert {name: counted[fingerprint(name)] for name in wanted} == {
        name: address for name, (address, _) in wanted.items()
    }


def test_api_key_comes_from_its_header(server):
    issue_api_key(PartnerFactory(), name="Test", value=KEY)
    ways = {"environment": {}, "underscore": {"X_API_KEY": KEY}, "header": {"X-API-KEY": KEY}}
    got = {}
    for name, headers in ways.items():
        with sent(server, "GET /v2/ping", headers) as wire:
            got[name] = response_on(wire).status

    assert got == {"environment": 401, "underscore": 401, "header": 200}
