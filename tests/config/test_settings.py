"""What production demands before it starts."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]
OWN_KEY = base64.b64encode(b"a key of a test's own production").decode()
PRODUCTION = {
    "SECRET_KEY": "drawn-at-random-for-a-test-of-production",
    "PUBLIC_URL": "https://connect.example.org",
    "ALLOWED_HOSTS": "connect.example.org",
    "ENCRYPTION_KEYS": OWN_KEY,
    "DATABASE_URL": "postgres://me:sekret@db.example.org/latchkey",
}
KEPT = ("PATH", "HOME", "LANG")
AUDITED_FIELDS = """
import json
from django.conf import settings
names = ["DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_SECURE",
         "SESSION_COOKIE_HTTPONLY", "SECURE_HSTS_SECONDS", "PUBLIC_URL", "X_FRAME_OPTIONS", "ALLOWED_HOSTS"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def start(code: str = "from django.conf import settings; settings.DEBUG", **changes: str | None) -> Any:
    """A process of its own that reads the settings from this environment; None takes a variable away."""
    asked = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    env = {name: os.environ[name] for name in KEPT if name in os.environ} | asked
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def sentence(ended: Any) -> str:
    """The last line of what a process said that did not start."""
    assert ended.returncode != 0
    assert "sekret" not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


def test_with_everything_it_starts_and_is_closed_on_every_side():
    ended = start(AUDITED_FIELDS)

    assert ended.returncode == 0, ended.stderr
    for said in (
        '"DEBUG": false',
        '"SECURE_SSL_REDIRECT": true',
        '"SESSION_COOKIE_SECURE": true',
        '"SESSION_COOKIE_NAME": "__Host-session"',
        '"CSRF_COOKIE_SECURE": true',
        '"SESSION_COOKIE_HTTPONLY": true',
        '"SECURE_HSTS_SECONDS": 31536000',
        '"X_FRAME_OPTIONS": "DENY"',
        '"ALLOWED_HOSTS": ["connect.example.org"]',
    ):
        assert said in ended.stdout


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["SECRET_KEY", "PUBLIC_URL", "ALLOWED_HOSTS", "ENCRYPTION_KEYS"])
def test_each_of_the_four_is_demanded_by_name(name, value):
    said = sentence(start(**{name: value}))

    assert f"Set {name} in the environment" in said


def test_all_that_are_missing_are_named_at_once():
    said = sentence(start(SECRET_KEY=None, ENCRYPTION_KEYS=None))

    assert "Set SECRET_KEY, ENCRYPTION_KEYS in the environment: DEBUG is off." in said


def test_debug_off_demands_all_four():
    said = sentence(start(DEBUG="false", SECRET_KEY=None, PUBLIC_URL=None, ALLOWED_HOSTS=None, ENCRYPTION_KEYS=None))

    assert "Set SECRET_KEY, PUBLIC_URL, ALLOWED_HOSTS, ENCRYPTION_KEYS in the environment" in said


@pytest.mark.parametrize("url", ["http://connect.example.org", "connect.example.org", "ftp://x", "javascript:alert(1)"])
def test_links_lead_to_https_only(url):
    assert "PUBLIC_URL must begin with https://" in sentence(start(PUBLIC_URL=url))


@pytest.mark.parametrize("keys", ["short", f"{OWN_KEY},short"])
def test_encryption_keys_have_32_bytes_each(keys):
    said = sentence(start(ENCRYPTION_KEYS=keys))

    assert "Each of ENCRYPTION_KEYS must be 32 bytes in Base64." in said


@pytest.mark.parametrize(
    "key",
    [
        "drawn-at-random-but-too-short-x",
        "a" * 46,
        "abcd" * 20,
        "django-insecure-drawn-at-random-by-startproject",
        "known-to-everybody-and-for-development-only",
    ],
)
def test_a_secret_that_is_short_known_or_one_letter_over_and_over_is_none(key):
    assert "SECRET_KEY must be 32 random characters or more" in sentence(start(SECRET_KEY=key))


@pytest.mark.parametrize("keys", [settings.KNOWN_ENCRYPTION_KEY, f"{OWN_KEY},{settings.KNOWN_ENCRYPTION_KEY}"])
def test_the_key_of_development_opens_nothing_in_production(keys):
    assert "ENCRYPTION_KEYS contains the development key" in sentence(start(ENCRYPTION_KEYS=keys))


@pytest.mark.parametrize("rest", ["?a=b", "/?", "#top", "/path#"])
def test_the_public_url_ends_where_a_path_can_be_put_behind_it(rest):
    said = sentence(start(PUBLIC_URL=f"https://connect.example.org{rest}"))

    assert "PUBLIC_URL must not contain ? or #" in said


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https:///", "https://h:x", "https://h:0", "https://h:99999", "https://:443", "https://[::1"),
        *("https://me:sekret@connect.example.org", "https://connect.example.org/a b", "https://-", "https://büch.er"),
    ],
)
def test_the_public_url_names_a_host(url):
    said = sentence(start(PUBLIC_URL=url))

    assert said.endswith("PUBLIC_URL must name a host, such as https://connect.example.com.")


@pytest.mark.parametrize("url", ["https://latchkey", "https://connect.example.org:8443", "https://[fd00::1]:8443"])
def test_which_may_be_any(url):
    assert start(PUBLIC_URL=url).returncode == 0


@pytest.mark.parametrize(
    "hosts", [",", " , ", "https://connect.example.org", "connect.example.org:8443", "a.example,b c"]
)
def test_somebody_is_answered(hosts):
    assert "ALLOWED_HOSTS must be host names" in sentence(start(ALLOWED_HOSTS=hosts))


def test_blanks_between_the_names_of_hosts_are_none():
    hosts = "connect.example.org, .example.com ,[::1],10.0.0.1,"

    assert '"ALLOWED_HOSTS": ["connect.example.org", ".example.com", "[::1]", "10.0.0.1"]' in (
        start(AUDITED_FIELDS, ALLOWED_HOSTS=hosts).stdout
    )


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "101", "٣", " "])
def test_proxies_are_counted(number):
    """With -1 the scheme would be believed, and the address that the client chooses."""
    said = sentence(start(TRUSTED_PROXIES=number))

    assert said.endswith(f"TRUSTED_PROXIES must be a whole number from 0 to 100, not {number!r}.")


def test_how_much_is_logged_is_one_of_the_known_levels():
    said = sentence(start(LOG_LEVEL="foo"))

    assert said.endswith("LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'FOO'.")
    assert start(LOG_LEVEL="warning").returncode == 0


@pytest.mark.parametrize("name", ["PORT", "TRUSTED_PROXIES", "LOG_LEVEL", "EMAIL_URL"])
def test_what_is_left_empty_is_as_if_it_were_not_set(name):
    assert start(**{name: ""}).returncode == 0


@pytest.mark.parametrize("url", ["foo", "smtp://", "smtp://mail.example.org:x", "carrier-pigeon://me:sekret@h", "[::1"])
def test_mails_go_where_the_address_says(url):
    assert sentence(start(EMAIL_URL=url)).endswith(
        "EMAIL_URL must look like smtp://host:25, smtp+tls://user:password@host:587 or file:///folder."
    )


@pytest.mark.parametrize("secret", [None, "", "without-a-colon"])
def test_a_mail_provider_is_not_used_without_the_secret_of_its_reports(secret):
    said = sentence(start(ANYMAIL_PROVIDER="postmark", ANYMAIL_WEBHOOK_SECRET=secret))

    assert "Set ANYMAIL_WEBHOOK_SECRET in the environment, as name:password" in said


def test_with_the_secret_it_is_and_in_development_without_it_too():
    assert start(ANYMAIL_PROVIDER="postmark", ANYMAIL_WEBHOOK_SECRET="latchkey:secret").returncode == 0
    assert start(ANYMAIL_PROVIDER="postmark", DEBUG="true").returncode == 0


def test_a_slash_at_the_end_of_the_public_url_does_not_double():
    assert (
        '"PUBLIC_URL": "https://connect.example.org"'
        in start(AUDITED_FIELDS, PUBLIC_URL="https://connect.example.org/").stdout
    )


def test_a_checkout_without_any_of_them_is_a_development_one_for_this_machine_only():
    ended = start(AUDITED_FIELDS, SECRET_KEY=None, PUBLIC_URL=None, ALLOWED_HOSTS=None, ENCRYPTION_KEYS=None)

    assert ended.returncode == 0, ended.stderr
    assert '"DEBUG": true' in ended.stdout
    assert '"ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"]' in ended.stdout
    assert '"PUBLIC_URL": "http://localhost:8000"' in ended.stdout
