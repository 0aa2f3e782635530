"""Settings in an environment: each start is a process, so only the wiring of config.env is tested here."""

import json

from django.conf import settings

from tests.config.starts import OWN_KEY, PRODUCTION, error_of, start

UNSET = dict.fromkeys(("SECRET_KEY", "PUBLIC_URL", "ALLOWED_HOSTS", "ENCRYPTION_KEYS"))
SHOW = """
import json
from django.conf import settings
names = ["DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_SECURE",
         "SESSION_COOKIE_HTTPONLY", "SECURE_HSTS_SECONDS", "PUBLIC_URL", "X_FRAME_OPTIONS", "ALLOWED_HOSTS",
         "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "DEFAULT_FROM_EMAIL", "TRUSTED_PROXIES", "WEBHOOK_ALLOW_PRIVATE"]
shown = {name: getattr(settings, name, None) for name in names}
shown["mails in folder"] = getattr(settings, "EMAIL_FILE_PATH", None) == str(settings.MAIL_DIR)
print(json.dumps(shown))
"""


def shown(**changes):
    process = start(SHOW, **changes)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_production_is_secure():
    # an empty variable counts as unset
    empty = dict.fromkeys(("PORT", "TRUSTED_PROXIES", "LOG_LEVEL", "EMAIL_URL", "EMAIL_FROM"), "")
    assert shown(**empty) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "PUBLIC_URL": "https://connect.example.org",
        "X_FRAME_OPTIONS": "DENY",
        "ALLOWED_HOSTS": ["connect.example.org"],
        "EMAIL_BACKEND": "config.mail.smtp.EmailBackend",
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": 25,
        "DEFAULT_FROM_EMAIL": "Latchkey <latchkey@localhost>",
        "TRUSTED_PROXIES": 0,
        "WEBHOOK_ALLOW_PRIVATE": False,
        "mails in folder": False,
    }


def test_unset_environment_is_development():
    development = shown(**UNSET)

    assert development["DEBUG"]
    assert development["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert development["PUBLIC_URL"] == "http://localhost:8000"
    assert (development["EMAIL_BACKEND"], development["mails in folder"]) == ("config.mail.files.FileTransport", True)


def test_production_requires_four_variables():
    names = ", ".join(UNSET)

    assert f"Set {names} in the environment: DEBUG is off." in error_of(start(DEBUG="false", **UNSET))
    assert "Set SECRET_KEY in the environment" in error_of(start(SECRET_KEY=""))


def test_production_rejects_development_keys():
    both = f"{OWN_KEY},{settings.KNOWN_ENCRYPTION_KEY}"

    assert "SECRET_KEY must be 32 random" in error_of(start(SECRET_KEY=settings.KNOWN_SECRET))
    assert "SECRET_KEY_FALLBACKS must be 32" in error_of(start(SECRET_KEY_FALLBACKS=settings.KNOWN_SECRET))
    assert "ENCRYPTION_KEYS contains the development key" in error_of(start(ENCRYPTION_KEYS=both))


def test_public_host_refuses_debug():
    assert "DEBUG is on, so PUBLIC_URL must name this machine" in error_of(start(DEBUG="on"))


def test_public_url_of_production_is_https():
    url = PRODUCTION["PUBLIC_URL"].replace("https", "http")

    assert "PUBLIC_URL must begin with https://" in error_of(start(PUBLIC_URL=url))


def test_mail_provider_requires_a_webhook_secret():
    provider = {"ANYMAIL_PROVIDER": "postmark"}
    error = error_of(start(**provider, ANYMAIL_WEBHOOK_SECRET="without-a-colon"))

    assert "Set ANYMAIL_WEBHOOK_SECRET in the environment, as name:password" in error
    assert start(**provider, ANYMAIL_WEBHOOK_SECRET="latchkey:secret").returncode == 0
    local = {"PUBLIC_URL": "http://localhost:8000", "ALLOWED_HOSTS": "localhost"}
    assert start(**provider, **local, DEBUG="true").returncode == 0


def test_mail_server_timeout_is_30_seconds():
    assert settings.EMAIL_TIMEOUT == 30
