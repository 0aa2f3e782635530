import smtplib
import ssl
from contextlib import contextmanager
from datetime import timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from config.crypto.keyring import Keyring
from config.mail.files import FileTransport
from config.redaction import JSONFormatter
from invitations.models import EventType, PersonalLink
from invitations.services.delivery.smtp import _refusal, clean_server_text
from tests.invitations.conftest import use_mail_server
from tests.invitations.mail_server import MailServer, refuse
from tests.invitations.services.delivery.mails import ANNA, delivery, logged, mailed, told

OTHER_KEY = "b3RoZXItdGhhbi1ldmVyeWJvZHktaGVyZS1rbm93cy0="


@pytest.fixture
def certificate(tmp_path):
    """Self-signed certificate of a server."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now, key_usage = timezone.now(), x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    signed = made.add_extension(key_usage, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "mail.pem").write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "mail.pem")
    return context


class UnknownLogins(MailServer):
    """Offers one way to log in that no client supports."""

    async def auth_HANDSHAKE(self, *arguments: object) -> None:
        """Advertises the method. No client calls it."""


class Chatter(StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"who is there?\r\n")


class NoMailServer(ThreadingTCPServer):
    daemon_threads = True

    @property
    def port(self):
        return self.server_address[1]

    def __enter__(self):
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.shutdown()
        self.server_close()


@contextmanager
def no_encryption(settings, certificate):
    settings.EMAIL_USE_TLS = True
    with MailServer() as server:
        yield server


@contextmanager
def encryption_to_a_plain_port(settings, certificate):
    settings.EMAIL_USE_SSL = True
    with MailServer() as server:
        yield server


@contextmanager
def encryption_is_wanted(settings, certificate):
    with MailServer(tls_context=certificate, require_starttls=True) as server:
        yield server


@contextmanager
def a_certificate_of_its_own_making(settings, certificate):
    settings.EMAIL_USE_TLS = True
    with MailServer(tls_context=certificate, require_starttls=True) as server:
        yield server


@contextmanager
def no_login(settings, certificate):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "latchkey", "a secret between us"
    with MailServer() as server:
        yield server


@contextmanager
def another_way_to_log_in(settings, certificate):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "latchkey", "a secret between us"
    options = {"authenticator": refuse, "auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    with UnknownLogins(**options) as server:
        yield server


@contextmanager
def no_mail_server_at_all(settings, certificate):
    with NoMailServer(("127.0.0.1", 0), Chatter) as server:
        yield server


TROUBLES = [
    (
        no_encryption,
        "The mail server does not support encryption, but our settings require it.",
        "smtplib.SMTPNotSupportedError",
    ),
    (
        encryption_to_a_plain_port,
        "The encrypted connection to the mail server failed.",
        "ssl.SSLError WRONG_VERSION_NUMBER",
    ),
    (
        encryption_is_wanted,
        "The mail server requires encryption, but our settings do not use it.",
        "smtplib.SMTPSenderRefused",
    ),
    (
        a_certificate_of_its_own_making,
        "The certificate of the mail server is not trusted.",
        "ssl.SSLCertVerificationError CERTIFICATE_VERIFY_FAILED",
    ),
    (
        no_login,
        "The mail server does not support login, but our settings have a user name.",
        "smtplib.SMTPNotSupportedError",
    ),
    (another_way_to_log_in, "The mail server supports no login method that we know.", "smtplib.SMTPException"),
    (
        no_mail_server_at_all,
        "The address in our settings is not a mail server.",
        "config.mail.smtp.NotAMailServer",
    ),
]


@pytest.mark.parametrize(("trouble", "words", "cause"), TROUBLES, ids=[trouble.__name__ for trouble, *_ in TROUBLES])
def test_configuration_error_is_named_and_retried(worker, settings, certificate, caplog, trouble, words, cause):
    with trouble(settings, certificate) as server:
        use_mail_server(settings, server.port)
        invitation = mailed()
        worker()
    assert told(invitation) == ("QUEUED", 1, words)
    written = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    assert f'a mail was not accepted: {cause}"' in written
    assert ANNA not in written
    assert "a secret between us" not in written


def test_full_disk_is_named_and_retried(worker, settings, tmp_path, monkeypatch):
    (tmp_path / "mail.log").symlink_to("/dev/full")
    monkeypatch.setattr(FileTransport, "_get_filename", lambda _: str(tmp_path / "mail.log"))
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "config.mail.files.FileTransport", str(tmp_path)
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, "The folder for mails could not be written: No space left on device.")


OUR_FAULT = "The mail could not be sent; the fault is on our side."


def test_missing_key_is_retried(worker, mail_server, settings, caplog):
    invitation, link = mailed(), PersonalLink.objects.get()
    ours, settings.KEYRING = settings.KEYRING, Keyring([OTHER_KEY])
    worker()
    assert told(invitation) == ("QUEUED", 1, OUR_FAULT)
    written = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    assert "a mail could not be built" in written
    assert "DecryptionError" in written
    settings.KEYRING = ours
    assert link.token not in written
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_refused_login_is_retried(worker, settings, no_mail_server):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "latchkey", "wrong"
    with MailServer(refuses_logins=True) as server:
        settings.EMAIL_PORT = server.port
        invitation = mailed()
        worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not accept our login.")


@pytest.mark.parametrize("code", [530, 538])
def test_login_codes_are_retried(worker, mail_server, code):
    mail_server.answers[ANNA] = [f"{code} 5.7.0 authentication required"]
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not accept our login.")
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_repeated_address_is_not_logged(worker, mail_server, caplog):
    mail_server.answers[ANNA] = [f"451 4.2.2 <{ANNA}> over quota"]
    invitation = mailed()
    worker()
    assert told(invitation) == (
        "QUEUED",
        1,
        f"The recipient’s mail server cannot take the mail now: 451 4.2.2 <{ANNA}> over quota",
    )
    written = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    assert f"mail {delivery(invitation).reference} was not sent (attempt 1)" in written
    assert "over quota" in written
    assert ANNA not in written


def test_repeated_link_is_redacted(worker, mail_server):
    invitation = mailed()
    link = PersonalLink.objects.get()
    mail_server.answers[ANNA] = [f"550 5.1.1 gone: http://localhost:8000/p/i/{link.token} " + "x" * 300]
    worker()
    status, _, words = told(invitation)
    assert status == "FAILED"
    assert "/p/i/[redacted]" in words
    assert len(words) < 400
    assert link.token not in str(list(invitation.events.values_list("detail")))


def test_server_texts_are_legible():
    wanted = {
        "5.1.1 does not exist.\n5.1.1 Please check it\n5.7.1": "5.1.1 does not exist. Please check it 5.7.1",
        "at 10.0.0.1\n5.5 km": "at 10.0.0.1 5.5 km",
    }
    assert {text: clean_server_text(text) for text in wanted} == wanted
    for reply in ("Empfänger unbekannt".encode(), "Empfänger unbekannt".encode("latin-1")):
        refusal = _refusal(smtplib.SMTPRecipientsRefused({ANNA: (550, reply)}))
        assert refusal
        assert refusal.text == "Empfänger unbekannt"


def test_control_characters_are_removed(worker, mail_server):
    mail_server.answers[ANNA] = ["550 bad\x00user\x1b[31m gone"]
    invitation = mailed()
    worker()
    assert told(invitation) == ("FAILED", 1, "The mail server refused the address: 550 bad user [31m gone")
    assert logged(invitation) == [(EventType.DELIVERY_FAILED, ANNA)]
