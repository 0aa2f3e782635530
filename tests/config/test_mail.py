"""By what way mails leave, as the environment says: each transport in a process of its own."""

import pytest

from config.mail.settings import TRACKING_CAN_BE_DISABLED, WITHOUT_METADATA, anymail_settings, check_sender
from tests.config.test_settings import sentence, start
from tests.invitations.mail_server import MailServer

SEND = """
import os
import django
django.setup()
os.chdir("/")  # wherever it runs
from django.core.mail import send_mail
send_mail("Hello", "It arrived.", None, ["anna@example.com"])
"""
TOLD = "from django.conf import settings; print(settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT)"


@pytest.mark.parametrize("slashes", ["//", "///"])
def test_a_file_in_the_folder_that_is_named(tmp_path, slashes):
    folder = tmp_path / "mails of today"
    ended = start(SEND, EMAIL_URL=f"file:{slashes}{folder}".replace(" ", "%20"))
    assert ended.returncode == 0, ended.stderr
    (mail,) = folder.iterdir()
    assert "It arrived." in mail.read_text()


@pytest.mark.parametrize("url", ["file://folder", "file:folder", "file://", "file:///"])
def test_a_folder_is_named_by_its_whole_path(url):
    said = sentence(start(EMAIL_URL=url))
    assert "EMAIL_URL needs the absolute path of a folder: file:///folder, with three slashes." in said


def test_the_console():
    ended = start(SEND, EMAIL_URL="console://")
    assert ended.returncode == 0, ended.stderr
    assert "It arrived." in ended.stdout


def test_a_mail_server_is_waited_for_half_a_minute(settings):
    assert settings.EMAIL_TIMEOUT == 30


def test_a_mail_server():
    with MailServer() as server:
        ended = start(SEND, EMAIL_URL=f"smtp://127.0.0.1:{server.port}", EMAIL_FROM="Latchkey <hello@latchkey.example>")
    assert ended.returncode == 0, ended.stderr
    (mail,) = server.mails
    assert (mail.to, mail.message["From"]) == ("anna@example.com", "Latchkey <hello@latchkey.example>")


@pytest.mark.parametrize("scheme", ["smtps", "consolemail", "filemail", "memorymail", "dummymail", "foo", "SMTPS"])
def test_no_other_scheme_is_taken_for_one_of_these(scheme):
    assert start(EMAIL_URL=f"{scheme}://user:password@mail.example.org:465").returncode != 0


def test_left_empty_it_is_as_if_it_were_not_set():
    for changes in ({}, {"EMAIL_URL": "", "EMAIL_FROM": ""}):
        ended = start(TOLD, **changes)
        assert ended.stdout.split() == ["django.core.mail.backends.smtp.EmailBackend", "localhost", "25"]


@pytest.mark.parametrize(
    "sender",
    [
        "Latchkey <hello@latchkey.example>",
        "hello@latchkey.example",
        '"Energy, Inc." <a@b.example>',
        "Söhne <a@b.example>",
    ],
)
def test_a_sender_is_an_address_with_or_without_a_name(sender):
    assert check_sender(sender) == sender


@pytest.mark.parametrize(
    "sender",
    [
        "Latchkey",
        "Latchkey <hello>",
        "a@b.example, c@d.example",
        "Energy, Inc. <a@b.example>",
        "<>",
        "x\nBcc: y <a@b.example>",
    ],
)
def test_what_is_no_address_sends_no_mail(sender):
    assert "EMAIL_FROM must be one address, such as Latchkey <latchkey@example.com>" in sentence(
        start(EMAIL_FROM=sender)
    )


def test_a_provider_gets_its_settings_and_tracks_nobody():
    environment = {"ANYMAIL_PROVIDER": "mailgun", "ANYMAIL_MAILGUN_API_KEY": "key", "PATH": "/bin"}
    untracked = {"track_opens": False, "track_clicks": False}
    assert anymail_settings("mailgun", environment) == {"MAILGUN_API_KEY": "key", "SEND_DEFAULTS": untracked}


def test_settings_of_a_provider_are_what_they_say():
    environment = {
        "ANYMAIL_REQUESTS_TIMEOUT": "10",
        "ANYMAIL_DEBUG_API_REQUESTS": "false",
        "ANYMAIL_IGNORE_UNSUPPORTED_FEATURES": "True",
        "ANYMAIL_MAILGUN_API_KEY": "0123",
    }
    settings = anymail_settings("mailgun", environment)
    assert (settings["REQUESTS_TIMEOUT"], settings["MAILGUN_API_KEY"]) == (10, "0123")
    assert (settings["DEBUG_API_REQUESTS"], settings["IGNORE_UNSUPPORTED_FEATURES"]) == (False, True)


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "1.5"])
def test_a_timeout_that_is_no_number_of_seconds_is_named(timeout):
    said = sentence(start(ANYMAIL_PROVIDER="postmark", ANYMAIL_REQUESTS_TIMEOUT=timeout, DEBUG="true"))
    assert "ANYMAIL_REQUESTS_TIMEOUT must be a number of seconds" in said


@pytest.mark.parametrize("provider", sorted(WITHOUT_METADATA))
def test_a_provider_that_cannot_say_of_which_mail_a_notice_is_is_refused(provider):
    backend = pytest.importorskip(f"anymail.backends.{provider}")
    assert not any("set_metadata" in vars(each) for each in payloads_of(backend))
    assert f"ANYMAIL_PROVIDER cannot be {provider}" in sentence(start(ANYMAIL_PROVIDER=provider, DEBUG="true"))


def test_a_provider_that_cannot_be_told_so_is_not():
    assert anymail_settings("amazon_ses", {}) == {}


@pytest.mark.parametrize("provider", sorted(TRACKING_CAN_BE_DISABLED))
def test_those_that_can_be_told_are_known_to_the_extra(provider):
    backend = pytest.importorskip(f"anymail.backends.{provider}")
    assert any({"set_track_opens", "set_track_clicks"} <= vars(each).keys() for each in payloads_of(backend))


def payloads_of(backend):
    return [each for each in vars(backend).values() if isinstance(each, type) and each.__module__ == backend.__name__]
