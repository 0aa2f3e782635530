"""Requests to a real server that behaves badly, and names that lead to addresses of our own network."""

import asyncio
import ssl
import time
from ipaddress import ip_address

import httpcore2 as httpcore
import pytest

from companies.models import MAX_ANSWER_LENGTH
from companies.services.webhooks import transport
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.transport import CheckedNetwork, Client, SendingFailed, resolve
from tests.companies.services.webhooks.receiver import HOST

PUBLIC = "93.184.215.14"
URL = f"https://{HOST}/ok"


@pytest.fixture
def private(settings):
    """Allow the receiver's address."""
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture(autouse=True)
def public_only(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False


class Internet(httpcore.AnyIOBackend):
    """Public addresses lead to the receiver. `tried` has the addresses to which we connected."""

    def __init__(self, receiver, unreachable=()):
        self.receiver, self.tried, self.unreachable = receiver, [], unreachable

    async def connect_tcp(self, host, port, **options):
        self.tried.append(host)
        if host in self.unreachable:
            raise httpcore.ConnectError
        return await super().connect_tcp("127.0.0.1", self.receiver.tls_port, **options)


def names(*answers):
    """Resolver that gives one answer after the other."""
    left = list(answers)

    async def answer(host):
        return [ip_address(each) for each in left.pop(0)]

    return answer


def post(urls, network=None, receiver=None):
    async def send():
        context = ssl.create_default_context(cafile=receiver.ca) if receiver else None
        async with Client(at_once=4, network=network, ssl_context=context) as client:
            return await asyncio.gather(*(client.post(url, b'{"a":1}', {"webhook-id": "1"}) for url in urls))

    return asyncio.run(send())


@pytest.mark.usefixtures("private")
def test_answers_are_told_apart(receiver):
    paths = ("/ok", "/cookie", "/500", "/redirect", "/half", "/echo", "/compressed", "/close", "/no-http")
    answers = dict(zip(paths, post(map(receiver.url, paths)), strict=True))

    assert answers == {
        "/ok": Answer(200, "ok"),
        "/cookie": Answer(204),
        "/500": Answer(500, "broken"),
        "/redirect": Answer(302),
        "/half": Answer(200, "half"),
        "/echo": Answer(200, '{"token": "[redacted]"}'),
        "/compressed": Answer(200, "�����"[:4]),
        "/close": Answer(None, error="The connection was closed before the response was complete."),
        "/no-http": Answer(None, error="The response was not valid HTTP."),
    }
    assert [path for path, answer in answers.items() if answer.is_success] == [
        "/ok",
        "/cookie",
        "/half",
        "/echo",
        "/compressed",
    ]


@pytest.mark.usefixtures("private")
def test_whole_exchange_has_one_deadline(receiver, monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    start = time.monotonic()

    slow = Answer(None, error="There was no complete response within 0.1 seconds.")
    assert post(map(receiver.url, ("/hang", "/drip"))) == [slow, slow]
    assert post([receiver.url("/dripping-body")])[0].status == 200
    assert time.monotonic() - start < 5


@pytest.mark.usefixtures("private")
def test_only_four_kibibytes_are_read(receiver):
    (answer,) = post([receiver.url("/endless")])

    # without its end, which may be a part of a secret
    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER_LENGTH - 64)
    assert receiver.sent < 8 * 1024 * 1024


@pytest.mark.usefixtures("private")
def test_requests_carry_no_state(receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    receiver.requests.clear()
    post([receiver.url("/cookie")])
    post([receiver.url("/ok")])

    (_, _, body), (_, headers, _) = receiver.requests
    assert body == b'{"a":1}'
    assert headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "user-agent": "Latchkey-Webhooks",
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": "7",
        "webhook-id": "1",
    }


@pytest.mark.usefixtures("private")
def test_closed_port_is_unreachable():
    assert post(["http://127.0.0.1:1025/"]) == [Answer(None, error="The host could not be reached.")]


def test_private_addresses_are_never_connected(receiver):
    private = ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "::1", "64:ff9b::7f00:1")
    internet = Internet(receiver)
    refused = Answer(None, error="The host leads to an address that is not on the public internet.")
    for addresses in (*([each] for each in private), [PUBLIC, "10.0.0.1"]):
        network = CheckedNetwork(resolver=names(addresses), network=internet)
        assert post([URL], network) == [refused]

    assert internet.tried == []
    assert not post(["https://127.0.0.1/", "https://2130706433/", receiver.url("/ok")])[0].is_success


def test_rebound_name_is_refused(receiver):
    """The first answer is public, the next one private: each connection goes to the address that was checked."""
    internet = Internet(receiver)
    network = CheckedNetwork(resolver=names([PUBLIC], ["127.0.0.1"]), network=internet)

    assert post([URL], network, receiver) == [Answer(200, "ok")]
    assert "not on the public internet" in post([URL], network, receiver)[0].error
    assert internet.tried == [PUBLIC]


def test_certificate_must_name_the_host(receiver):
    network = CheckedNetwork(resolver=names(*3 * [[PUBLIC]]), network=Internet(receiver))

    wrong_name, unknown_authority = post(["https://other.example.com/"], network, receiver) + post([URL], network)
    assert "Hostname mismatch" in wrong_name.error
    assert "self-signed certificate" in unknown_authority.error
    assert post([URL], network, receiver) == [Answer(200, "ok")]


def test_next_address_is_tried(receiver):
    internet = Internet(receiver, unreachable=["1.1.1.1"])
    network = CheckedNetwork(resolver=names(["1.1.1.1", PUBLIC]), network=internet)

    assert post([URL], network, receiver) == [Answer(200, "ok")]
    assert internet.tried == ["1.1.1.1", PUBLIC]


class NameServer(asyncio.DatagramProtocol):
    """Answers A with one address, AAAA with none. Silent for names that begin with `silent`."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        import dns.message
        import dns.rrset

        query = dns.message.from_wire(data)
        name, kind = query.question[0].name, query.question[0].rdtype
        answer = dns.message.make_response(query)
        if kind.name == "A" and name.to_text() == f"{HOST}.":
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", PUBLIC))
        if not name.to_text().startswith("silent"):
            self.transport.sendto(answer.to_wire(), client)


def test_names_are_resolved_by_dns(monkeypatch):
    async def look_up():
        loop = asyncio.get_running_loop()
        server, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
        resolver = transport.dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.get_extra_info("sockname")[1]
        monkeypatch.setattr(transport, "_dns", lambda: resolver)
        assert await resolve(HOST) == [ip_address(PUBLIC)]
        assert await resolve("localhost") == [ip_address("127.0.0.1"), ip_address("::1")]
        monkeypatch.setattr(transport, "TIMEOUT", 0.1)
        for host in ("unknown.example.com", "silent.example.com"):
            with pytest.raises(SendingFailed, match="not found"):
                await resolve(host)
        server.close()

    asyncio.run(look_up())
