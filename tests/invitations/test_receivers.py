import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.conf import settings as configured
from django.test import RequestFactory

from config.mail.settings import anymail_settings
from invitations import receivers  # noqa: F401 - registers the receiver
from invitations.models import EventType
from invitations.services.verification.codes import request_code
from tests.database import database_url
from tests.factories import make_invitation
from tests.invitations.mail_server import port_of, reserve_port
from tests.secrecy import searched_output

pytestmark = pytest.mark.django_db(transaction=True)

ANNA = "anna@example.com"
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: anna@example.com. "
    "Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
)
SECRET, EARLIER = "postmark:a-long-secret", "postmark:a-secret-of-before"
# a process of its own, with the settings of an operator who uses a provider
PROVIDER = {
    "ANYMAIL_PROVIDER": "postmark",
    "ANYMAIL_POSTMARK_SERVER_TOKEN": "token",
    "ANYMAIL_WEBHOOK_SECRET": f"{EARLIER},{SECRET}",
}
POST = """
import json, sys
import django
django.setup()
from base64 import b64encode
from django.test import Client
answers = []
path, reports = json.load(sys.stdin)
for secret, report in reports:
    headers = {"Host": "localhost"}
    if secret:
        headers["Authorization"] = "Basic " + b64encode(secret.encode()).decode()
    answers.append(Client(raise_request_exception=False, enforce_csrf_checks=True).post(
        path, report, content_type="application/json", headers=headers).status_code)
print(json.dumps(answers))
"""


def report(*reports, secrets=(SECRET,), provider="postmark", path=None):
    """Post reports to the webhook of a process with a provider, and return the status codes."""
    mine = PROVIDER | {"ANYMAIL_PROVIDER": provider}
    environment = os.environ | mine | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", POST],
        input=json.dumps(
            [path or f"/anymail/{provider}/tracking/", [(secret, each) for secret in secrets for each in reports]]
        ),
        cwd=configured.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    searched_output().write(ended.stderr)
    return json.loads(ended.stdout)


@pytest.fixture
def receive(settings):
    """Post reports to the webhook view in this process."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    headers = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
    view = PostmarkTrackingWebhookView.as_view()

    def post(*reports):
        requests = (RequestFactory().post("/", each, "application/json", headers=headers) for each in reports)
        return [view(request).status_code for request in requests]

    return post


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA], send_email=True)


@pytest.fixture
def reference(invitation):
    return invitation.deliveries.get().reference


def delivered(reference):
    return {
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": ANNA,
        "DeliveredAt": "2026-11-05T16:33:54.9070259Z",
        "Details": "Test delivery webhook details",
        "Tag": "",
        "ServerID": 23,
        "Metadata": {"delivery": reference},
        "RecordType": "Delivery",
        "MessageStream": "outbound",
    }


def bounced(reference, kind="HardBounce"):
    return {
        "RecordType": "Bounce",
        "ID": 692560173,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Email": ANNA,
        "From": "latchkey@example.org",
        "BouncedAt": "2026-11-05T16:33:54.9070259Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Northwind asks you to connect a utility account",
        "Metadata": {"delivery": reference},
        "MessageStream": "outbound",
    }


def complained(reference):
    spam = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Name": "Spam complaint"}
    return bounced(reference) | spam | {"Description": "", "Details": "Marked as spam"}


def opened(reference):
    return {"RecordType": "Open", "Recipient": ANNA, "Metadata": {"delivery": reference}, "FirstOpen": True}


def told(invitation):
    delivery = invitation.deliveries.get()
    return delivery.status, delivery.last_error


def test_bounce_survives_a_late_delivered(receive, invitation, reference):
    assert receive(delivered(reference)) == [200]
    assert told(invitation) == ("DELIVERED", None)
    assert receive(bounced(reference), delivered(reference), bounced(reference)) == [200, 200, 200]
    words = "smtp;550 5.1.1 The email account that you tried to reach does not exist."
    assert told(invitation) == ("BOUNCED", words)
    (event,) = invitation.events.filter(type=EventType.DELIVERY_FAILED)
    assert (event.email, event.actor, event.detail) == (ANNA, "SYSTEM", {"reason": words, "fault": "ADDRESS"})


def test_complaint_is_stored(receive, invitation, reference):
    assert receive(delivered(reference), complained(reference), delivered(reference)) == [200, 200, 200]
    assert told(invitation) == ("COMPLAINED", "Marked as spam")


def test_returned_code_is_logged_once(receive, invitation):
    code = request_code(invitation, ANNA, client="visitor")
    came_back = bounced("x") | {"Metadata": {"code": str(code.pk)}}
    strange = [bounced("x") | {"Metadata": {"code": other}} for other in ("x", 5, str(invitation.pk))]
    gone = delivered("x") | {"Metadata": {"code": str(code.pk)}}

    assert receive(gone, came_back, came_back, *strange) == [200] * 6
    (event,) = invitation.events.filter(type=EventType.DELIVERY_FAILED)
    assert (event.email, event.actor) == (ANNA, "SYSTEM")
    assert event.detail == {"reason": came_back["Details"]}


def test_control_characters_are_removed(receive, invitation, reference):
    assert receive(bounced(reference) | {"Details": "550 no\x00such\nuser"}) == [200]
    assert told(invitation) == ("BOUNCED", "550 no such user")


def test_unknown_reports_are_ignored(receive, invitation, reference):
    unknown = [opened(reference), bounced(reference, kind="Transient"), delivered("x"), delivered(f"{reference}0")]
    without = {name: value for name, value in delivered(reference).items() if name != "Metadata"}
    assert receive(*unknown, without) == [200] * 5
    assert told(invitation) == ("QUEUED", None)


def test_webhook_requires_its_secret(invitation, reference):
    secrets = [None, "postmark:wrong", ":", SECRET.upper(), f"{EARLIER},{SECRET}", EARLIER, SECRET]

    assert report(bounced(reference), secrets=secrets) == [400] * 5 + [200] * 2

    assert told(invitation)[0] == "BOUNCED"


def test_no_webhook_without_a_provider(client):
    assert client.post("/anymail/postmark/tracking/", {}, content_type="application/json").status_code == 404


# --- sending by the provider -----------------------------------------------------------------------------------------


class Provider:
    """An HTTP server that answers as Postmark's API does."""

    def __init__(self) -> None:
        self.taken: list[dict] = []
        self.status, self.answer = 200, {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": ANNA}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                provider.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                content = json.dumps(provider.answer).encode()
                self.send_response(provider.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    provider = Provider()
    Thread(target=provider.server.serve_forever, daemon=True).start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    environment = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "token", "ANYMAIL_POSTMARK_API_URL": provider.url}
    settings.ANYMAIL = anymail_settings("postmark", environment)
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


def test_provider_gets_the_delivery_reference(worker, provider, invitation, reference):
    worker()
    assert told(invitation) == ("SENT", None)
    (mail,) = provider.taken
    assert mail["Metadata"] == {"delivery": reference}
    assert all(len(value) <= 80 for value in mail["Metadata"].values())  # limit of Postmark
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert headers["Message-ID"] == invitation.deliveries.get().message_id


def test_provider_tracks_no_opens_or_clicks(worker, provider, invitation):
    request_code(invitation, ANNA, client="visitor")
    worker()
    assert len(provider.taken) == 2
    assert {"code": str(invitation.codes.get().pk)} in [mail["Metadata"] for mail in provider.taken]
    for mail in provider.taken:
        assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")


def test_refused_address_fails_at_once(worker, provider, jobs, invitation):
    provider.status = 422
    provider.answer = {"ErrorCode": 406, "Message": INACTIVE}
    worker()
    status, words = told(invitation)
    assert status == "FAILED"
    assert words.startswith("The mail provider refused the address: ")
    assert jobs.statuses == ["succeeded"]


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (401, {"ErrorCode": 10, "Message": "Bad token"})])
def test_provider_error_is_retried(worker, provider, invitation, status, answer):
    taken = provider.answer
    provider.status, provider.answer = status, answer
    worker()
    assert told(invitation) == ("QUEUED", "The mail provider did not accept the mail.")
    provider.status, provider.answer = 200, taken
    worker.later()
    assert told(invitation) == ("SENT", None)


def test_unreachable_provider_is_retried(worker, provider, settings, invitation, caplog):
    with closing(reserve_port()) as place:
        settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": f"http://127.0.0.1:{port_of(place)}/"}
        worker()
    assert told(invitation) == ("QUEUED", "The mail provider could not be reached.")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": provider.url}
    worker.later()
    assert told(invitation) == ("SENT", None)


def test_slow_provider_is_retried(worker, provider, settings, invitation):
    settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.2}
    provider.server.shutdown()  # the system accepts connections, but no program answers
    worker()
    assert told(invitation) == ("QUEUED", "The mail provider did not respond in time.")
