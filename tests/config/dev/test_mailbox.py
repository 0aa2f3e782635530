"""The mailbox of a development machine: mails are files, shown on pages."""

import os
from email.mime.image import MIMEImage
from importlib import import_module, reload

import pytest
from django.core import mail
from django.test import Client
from django.urls import clear_url_caches

from config.dev.mailbox import SEPARATOR

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def pages(settings, tmp_path):
    """A browser on a development machine whose mails are files in `tmp_path`."""
    settings.DEBUG = True
    settings.MAIL_DIR = tmp_path
    settings.EMAIL_BACKEND = "config.mail.files.FileTransport"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    reload_urls()
    yield Client()
    settings.DEBUG = False
    reload_urls()


def reload_urls():
    reload(import_module("config.urls"))
    clear_url_caches()


def send(subject="Hello", text="See http://localhost/p/i/token", html="<p>See <b>this</b></p>"):
    message = mail.EmailMultiAlternatives(subject, text, "latchkey@localhost", ["anna@example.com"])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_empty_mailbox_explains_itself(pages, settings, tmp_path):
    assert "No mail yet" in pages.get("/dev/mail").content.decode()
    settings.MAIL_DIR = tmp_path / "missing"
    settings.EMAIL_FILE_PATH = str(settings.MAIL_DIR)
    assert "No mail yet" in pages.get("/dev/mail").content.decode()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("EMAIL_FILE_PATH", "/somewhere/else"), ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")],
)
def test_mailbox_tells_where_mails_go(pages, settings, setting, value):
    assert "In development, mails are not sent" in pages.get("/dev/mail").content.decode()
    setattr(settings, setting, value)
    content = pages.get("/dev/mail").content.decode()
    assert "In development, mails are not sent" not in content
    assert "Mails are sent by <code>EMAIL_URL</code>" in content


def test_each_mail_has_its_own_file(pages, tmp_path):
    for _ in range(50):
        send()
    assert len(names(tmp_path)) == 50


def test_mails_are_listed_newest_first(pages, tmp_path):
    for number in range(3):
        send(f"Mail {number}")
        (newest,) = (path for path in tmp_path.iterdir() if f"Mail {number}" in path.read_text())
        os.utime(newest, (number, number))
    content = pages.get("/dev/mail").content.decode()
    assert content.index("Mail 2") < content.index("Mail 1") < content.index("Mail 0")
    assert "anna@example.com" in content


def test_mail_has_headers_links_and_preview(pages, tmp_path):
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


def test_preview_is_framed_without_scripts(pages, tmp_path):
    send()
    (name,) = names(tmp_path)
    preview = pages.get(f"/dev/mail/{name}/html")
    assert preview.content.decode().strip() == "<p>See <b>this</b></p>"
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    policy = preview["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy.replace("script-src 'none'", "")


def test_preview_shows_attached_pictures(pages, tmp_path):
    message = mail.EmailMultiAlternatives("Hello", "text", "latchkey@localhost", ["anna@example.com"])
    message.attach_alternative('<img src="cid:logo@latchkey">', "text/html")
    image = MIMEImage(b"picture", "png")
    image["Content-ID"] = "<logo@latchkey>"
    message.attach(image)
    message.send()
    (name,) = names(tmp_path)
    preview = pages.get(f"/dev/mail/{name}/html")
    assert preview.content.decode().strip() == '<img src="data:image/png;base64,cGljdHVyZQ==">'
    assert "img-src data:" in preview["Content-Security-Policy"]


def test_mail_text_is_escaped(pages, tmp_path):
    send(HOSTILE, HOSTILE)
    (name,) = names(tmp_path)
    for path in ("/dev/mail", f"/dev/mail/{name}"):
        assert HOSTILE not in pages.get(path).content.decode()


def test_mail_without_html_has_no_preview(pages, tmp_path):
    send(html=None)
    (name,) = names(tmp_path)
    assert pages.get(f"/dev/mail/{name}").status_code == 200
    assert pages.get(f"/dev/mail/{name}/html").status_code == 404


def test_other_files_are_not_found(pages, settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "mail"
    settings.MAIL_DIR.mkdir()
    for secret in (tmp_path / "secret.log", settings.MAIL_DIR / "secret.txt"):
        secret.write_text("Subject: kept secret")
    for name in (
        *("nothing.log", "..", "secret.txt", "..%2fsecret.log", "%2e%2e%2fsecret.log", "..%5csecret.log"),
        *("/etc/passwd", "%2fetc%2fpasswd", "a.log%00", "a.log%0a", "a b.log", "é.log", "x" * 5000 + ".log"),
    ):
        for suffix in ("", "/html"):
            response = pages.get(f"/dev/mail/{name}{suffix}")
            assert (response.status_code, b"kept secret" in response.content) == (404, False), name


def test_separator_is_the_one_of_django(settings, tmp_path):
    settings.EMAIL_BACKEND = "config.mail.files.FileTransport"
    settings.EMAIL_FILE_PATH = tmp_path
    send()
    (name,) = names(tmp_path)
    assert (tmp_path / name).read_bytes().endswith(SEPARATOR)


def test_production_has_no_mailbox(client, db, settings):
    settings.DEBUG = False
    reload_urls()
    for path in ("/dev/mail", "/dev/mail/a.log", "/dev/mail/a.log/html"):
        assert client.get(path).status_code == 404
