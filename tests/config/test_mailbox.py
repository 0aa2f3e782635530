"""In development mails are files, and pages that show them."""

import os
import subprocess
import sys
from importlib import import_module, reload
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import clear_url_caches

from config.dev.mailbox import SEPARATOR

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def pages(settings, tmp_path):
    """A browser on a development machine, whose mails are files in `tmp_path`."""
    settings.DEBUG = True
    settings.MAIL_DIR = tmp_path
    settings.EMAIL_BACKEND = "config.dev.mailbox.FileTransport"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    look_again()
    yield Client()
    settings.DEBUG = False
    look_again()


def look_again():
    """The URLs, as the settings are now."""
    reload(import_module("config.urls"))
    clear_url_caches()


def send(subject="Hello", text="See http://localhost/p/i/token", html="<p>See <b>this</b></p>"):
    message = mail.EmailMultiAlternatives(subject, text, "latchkey@localhost", ["anna@example.com"])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_empty_mailbox_says_how_to_fill_it(pages):
    assert "No mail yet" in pages.get("/dev/mail").content.decode()


def test_a_mailbox_that_does_not_exist_yet_is_empty(pages, settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "nowhere"
    settings.EMAIL_FILE_PATH = str(settings.MAIL_DIR)
    assert "No mail yet" in pages.get("/dev/mail").content.decode()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("EMAIL_FILE_PATH", "/somewhere/else"), ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")],
)
def test_mails_that_go_elsewhere_are_not_promised_here(pages, settings, setting, value):
    assert "In development mails are not sent" in pages.get("/dev/mail").content.decode()
    setattr(settings, setting, value)
    content = pages.get("/dev/mail").content.decode()
    assert "In development mails are not sent" not in content
    assert "Mails go where <code>EMAIL_URL</code>" in content


def test_each_mail_is_a_file_of_its_own(pages, tmp_path):
    for _ in range(50):
        send()
    assert len(names(tmp_path)) == 50


def test_mails_are_listed_newest_first(pages, tmp_path):
    for number in range(3):
        send(f"Mail {number}")
        (newest,) = (path for path in tmp_path.iterdir() if f"Mail {number}" in path.read_text())
        os.utime(newest, (number, number))
    content = pages.get("/dev/mail").content.decode()
    assert [content.index(f"Mail {number}") for number in (2, 1, 0)] == sorted(
        content.index(f"Mail {number}") for number in range(3)
    )
    assert "anna@example.com" in content


def test_a_mail_is_shown_with_links_that_can_be_clicked_and_as_it_looks(pages, tmp_path):
    send(text=f"See http://localhost/p/i/token\n\n{'-' * 79}\n\nThe end {HOSTILE}")
    (name,) = names(tmp_path)
    response = pages.get(f"/dev/mail/{name}")
    content = response.content.decode()
    assert 'href="http://localhost/p/i/token"' in content
    assert "The end &lt;script&gt;" in content
    assert f'src="/dev/mail/{name}/html"' in content
    for header, value in (("To", "anna@example.com"), ("From", "latchkey@localhost"), ("Subject", "Hello")):
        assert f"<dt>{header}</dt>\n        <dd>{value}</dd>" in content
    assert "frame-src 'self'" in response["Content-Security-Policy"]

    framed = pages.get(f"/dev/mail/{name}/html")
    assert framed.content.decode().strip() == "<p>See <b>this</b></p>"
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    policy = framed["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy.replace("script-src 'none'", "")


def test_hostile_text_stays_text(pages, tmp_path):
    send(HOSTILE, HOSTILE)
    (name,) = names(tmp_path)
    for path in ("/dev/mail", f"/dev/mail/{name}"):
        assert HOSTILE not in pages.get(path).content.decode()


def test_a_mail_without_html_has_no_picture(pages, tmp_path):
    send(html=None)
    (name,) = names(tmp_path)
    assert pages.get(f"/dev/mail/{name}").status_code == 200
    assert pages.get(f"/dev/mail/{name}/html").status_code == 404


@pytest.mark.parametrize("suffix", ["", "/html"])
@pytest.mark.parametrize(
    "name",
    [
        *("nothing.log", "..", ".", "secret.txt", "..%2fsecret.log", "%2e%2e%2fsecret.log", "..%5csecret.log"),
        *("/etc/passwd", "%2fetc%2fpasswd", "a.log%00", "a.log%0a", "a b.log", "é.log", "x" * 5000 + ".log"),
    ],
)
def test_no_other_file_is_shown(pages, settings, tmp_path, name, suffix):
    (tmp_path / "secret.log").write_text("Subject: kept to itself")
    (tmp_path / "secret.txt").write_text("Subject: kept to itself")
    settings.MAIL_DIR = tmp_path / "mail"
    settings.MAIL_DIR.mkdir()
    (settings.MAIL_DIR / "secret.txt").write_text("Subject: kept to itself")
    response = pages.get(f"/dev/mail/{name}{suffix}")
    assert response.status_code == 404
    assert b"kept to itself" not in response.content


def test_the_line_after_a_mail_is_the_one_that_django_writes(settings, tmp_path):
    settings.EMAIL_BACKEND = "config.dev.mailbox.FileTransport"
    settings.EMAIL_FILE_PATH = tmp_path
    send()
    (name,) = names(tmp_path)
    assert (tmp_path / name).read_bytes().endswith(SEPARATOR)


def test_in_production_there_is_no_mailbox(client, db, settings):
    settings.DEBUG = False
    look_again()
    for path in ("/dev/mail", "/dev/mail/a.log", "/dev/mail/a.log/html"):
        assert client.get(path).status_code == 404


def test_a_checkout_with_nothing_set_writes_its_mails_to_files():
    code = "from django.conf import settings as s; print(s.EMAIL_BACKEND, s.EMAIL_FILE_PATH == str(s.MAIL_DIR))"
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["config.dev.mailbox.FileTransport", "True"]
