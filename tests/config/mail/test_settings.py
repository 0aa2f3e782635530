"""Mail settings from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail.settings import (
    TRACKING_CAN_BE_DISABLED,
    WITHOUT_METADATA,
    anymail_settings,
    check_sender,
    email_settings,
)
from tests.config.starts import start
from tests.invitations.mail_server import MailServer

SEND = """
import os
import django
django.setup()
os.chdir("/")  # wherever it runs
from django.core.mail import send_mail
send_mail("Hello", "It arrived.", None, ["anna@example.com"])
"""
URL_SHAPE = (
    "EMAIL_URL must look like smtp://host:25, smtp+tls://user:password@host:587 or file:///folder. "
    "In user name and password, write / as %2F, # as %23, ? as %3F, @ as %40 and % as %25."
)


def message(read, *args):
    with pytest.raises(ImproperlyConfigured) as error:
        read(*args)
    return str(error.value)


def payloads(backend):
    return [each for each in vars(backend).values() if isinstance(each, type) and each.__module__ == backend.__name__]


def test_mail_is_sent_by_the_configured_server():
    with MailServer() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        process = start(SEND, EMAIL_URL=url, EMAIL_FROM="Latchkey <hello@latchkey.example>")
    assert process.returncode == 0, process.stderr
    (mail,) = server.mails
    assert (mail.to, mail.message["From"]) == ("anna@example.com", "Latchkey <hello@latchkey.example>")


def test_email_url_selects_the_transport():
    django = "django.core.mail.backends"
    for url, backend, host, port, tls, ssl in (
        ("smtp://mail.example.org:25", "config.mail.smtp.EmailBackend", "mail.example.org", 25, False, False),
        ("smtp+tls://me:pass@h:587", "config.mail.smtp.EmailBackend", "h", 587, True, False),
        ("smtp+ssl://me:pass@h:465", "config.mail.smtp.EmailBackend", "h", 465, False, True),
        ("console://", f"{django}.console.EmailBackend", None, None, False, False),
    ):
        found = email_settings(url)
        assert (found["EMAIL_BACKEND"], found["EMAIL_HOST"] or None, found["EMAIL_PORT"]) == (backend, host, port), url
        assert (found.get("EMAIL_USE_TLS", False), found.get("EMAIL_USE_SSL", False)) == (tls, ssl), url


def test_email_url_names_an_absolute_folder():
    for url in ("file:///mails%20of%20today", "file:////mails%20of%20today"):
        assert email_settings(url)["EMAIL_FILE_PATH"] == "/mails of today"
    for url in ("file://folder", "file:folder", "file://", "file:///"):
        assert message(email_settings, url) == (
            "EMAIL_URL needs the absolute path of a folder: file:///folder, with three slashes."
        )


def test_email_url_rejects_other_schemes():
    # django-environ takes smtps:// for STARTTLS
    for scheme in ("smtps", "SMTPS", "consolemail", "filemail", "memorymail", "dummymail", "foo"):
        assert message(email_settings, f"{scheme}://user:sekret@mail.example.org:465") == URL_SHAPE
    for url in ("foo", "smtp://", "smtp://mail.example.org:x", "carrier-pigeon://me:sekret@h", "[::1"):
        assert message(email_settings, url) == URL_SHAPE


def test_email_url_needs_percent_encoded_passwords():
    for password in (
        "se/kret",
        "se#kret",
        "se?kret",
        "se%kret",
        "12/kret",
        "12?kret",
        "se%kr@t",
        "se/k@ret",
        "sekret%",
    ):
        assert message(email_settings, f"smtp+tls://me:{password}@mail.example.org:587") == URL_SHAPE, password

    found = email_settings("smtp+tls://me%40example.org:a%2Fb%23c%3Fd%25e%40f+g:h@mail.example.org:587")

    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "a/b#c?d%e@f+g:h")


def test_sender_is_one_address():
    for sender in (
        "Latchkey <hello@latchkey.example>",
        "a@b.example",
        '"Energy, Inc." <a@b.example>',
        "Söhne <a@b.example>",
    ):
        assert check_sender(sender) == sender
    for sender in (
        *("Latchkey", "Latchkey <hello>", "a@b.example, c@d.example", "Energy, Inc. <a@b.example>", "<>"),
        "x\nBcc: y <a@b.example>",
    ):
        assert "EMAIL_FROM must be one address" in message(check_sender, sender)


def test_provider_settings_disable_tracking():
    environment = {"ANYMAIL_PROVIDER": "mailgun", "ANYMAIL_MAILGUN_API_KEY": "key", "PATH": "/bin"}
    untracked = {"track_opens": False, "track_clicks": False}
    assert anymail_settings("mailgun", environment) == {"MAILGUN_API_KEY": "key", "SEND_DEFAULTS": untracked}
    assert anymail_settings("amazon_ses", {}) == {}


def test_provider_settings_have_types():
    found = anymail_settings(
        "amazon_ses",
        {
            "ANYMAIL_REQUESTS_TIMEOUT": "10",
            "ANYMAIL_DEBUG_API_REQUESTS": "false",
            "ANYMAIL_IGNORE_UNSUPPORTED_FEATURES": "True",
            "ANYMAIL_MAILGUN_API_KEY": "0123",
        },
    )
    assert found == {
        "REQUESTS_TIMEOUT": 10,
        "DEBUG_API_REQUESTS": False,
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "MAILGUN_API_KEY": "0123",
    }
    for timeout in ("soon", "0", "-1", "1.5"):
        error = message(anymail_settings, "postmark", {"ANYMAIL_REQUESTS_TIMEOUT": timeout})
        assert "ANYMAIL_REQUESTS_TIMEOUT must be a number of seconds" in error


def test_provider_without_metadata_is_rejected():
    for provider in WITHOUT_METADATA:
        backend = pytest.importorskip(f"anymail.backends.{provider}")
        assert not any("set_metadata" in vars(each) for each in payloads(backend))
        assert f"ANYMAIL_PROVIDER cannot be {provider}" in message(anymail_settings, provider, {})


def test_providers_with_tracking_switch_exist():
    for provider in sorted(TRACKING_CAN_BE_DISABLED):
        backend = pytest.importorskip(f"anymail.backends.{provider}")
        assert any({"set_track_opens", "set_track_clicks"} <= vars(each).keys() for each in payloads(backend)), provider
