"""Settings, read from the environment. See the table in README.md.

If none of `SECRET_KEY`, `PUBLIC_URL`, `ALLOWED_HOSTS` and `ENCRYPTION_KEYS` is set, this is a development machine: it
serves itself only, with publicly known keys. If one of them is set, `DEBUG` is off by default, and without `DEBUG` all
four are required. With `DEBUG` only hosts of this machine and its local network are allowed.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import database
from config.crypto.keyring import Keyring
from config.env import (
    check_debug_hosts,
    check_encryption_keys,
    check_hosts,
    check_public_url,
    check_required,
    check_secret_keys,
    read_integer,
    read_log_level,
)
from config.log_settings import logging_settings
from config.mail.settings import anymail_settings, check_sender, email_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

REQUIRED = ("SECRET_KEY", "PUBLIC_URL", "ALLOWED_HOSTS", "ENCRYPTION_KEYS")
DEBUG = env.bool("DEBUG", default=not any(os.environ.get(name) for name in REQUIRED))

if not DEBUG:
    check_required(REQUIRED)

# --- identity ---------------------------------------------------------------------------------------------
PORT = read_integer("PORT", default=8000, maximum=65535)
KNOWN_SECRET = "known-to-everybody-and-for-development-only"  # noqa: S105
KNOWN_ENCRYPTION_KEY = "a25vd24tdG8tZXZlcnlib2R5LWRldmVsb3BtZW50LTA="
SECRET_KEY = env.str("SECRET_KEY", default=KNOWN_SECRET)
# earlier keys: what they signed stays valid during a rotation
SECRET_KEY_FALLBACKS = [key.strip() for key in env.list("SECRET_KEY_FALLBACKS", default=[])]
PUBLIC_URL = check_public_url(
    env.str("PUBLIC_URL", default="") or f"http://localhost:{PORT}", schemes=["http", "https"] if DEBUG else ["https"]
)
ALLOWED_HOSTS = check_hosts(env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]))
encryption_keys = env.list("ENCRYPTION_KEYS", default=[KNOWN_ENCRYPTION_KEY])
KEYRING = Keyring(encryption_keys)
if DEBUG:
    check_debug_hosts(PUBLIC_URL, ALLOWED_HOSTS)
else:
    check_secret_keys([SECRET_KEY], known=KNOWN_SECRET, variable="SECRET_KEY")
    check_secret_keys(SECRET_KEY_FALLBACKS, known=KNOWN_SECRET, variable="SECRET_KEY_FALLBACKS")
    check_encryption_keys(encryption_keys, known=KNOWN_ENCRYPTION_KEY)

# --- apps -------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "companies",
    "connections",
    "invitations",
    "config",
    "companies.apps.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "procrastinate.contrib.django",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "config.dev.local_clients.LocalClientsMiddleware",
    "config.http.proxies.ProxyMiddleware",
    "config.http.request_log.RequestLogMiddleware",
    "config.http.health.HealthMiddleware",
    "config.http.proxies.UnknownProxyMiddleware",
    "config.http.null_characters.NullCharacterMiddleware",
    "config.http.https_only.HttpsOnlyMiddleware",
    "config.http.body_limit.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.http.csp.CspMiddleware",
    "config.http.staff_only.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.http.csrf.CsrfMiddleware",
    "config.http.staff_only.AuthenticationMiddleware",
    "config.http.staff_only.OTPMiddleware",
    "config.http.staff_only.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# processes of the web server, and requests that each of them answers at the same time
WEB_WORKERS = read_integer("WEB_WORKERS", default=2, minimum=1, maximum=100)
WEB_THREADS = read_integer("WEB_THREADS", default=4, minimum=1, maximum=100)
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
# not in a cookie: browsers and proxies accept 4 KiB of cookies
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data -------------------------------------------------------------------------------------------------
DATABASE = database.connection_settings()
DATABASE["CONN_MAX_AGE"] = 600
# prepared statements: a fifth more requests per second, measured
DATABASE["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 2} | DATABASE.get("OPTIONS", {})
IS_POOLED = database.is_pooled()
DATABASES = {"default": database.without_session_state(DATABASE) if IS_POOLED else DATABASE}
# four mails at once: a slow mail server must not delay the others; LISTEN needs a session of its own
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": 4, "fetch_job_polling_interval": 1, "listen_notify": not IS_POOLED}
# tasks that follow a change in a lower app; they take a `connection_id` and a `company_id`
STATUS_CHANGE_TASKS = ["invitations.tasks.follow_status"]
# functions that take a locked company and `by`, and run in the transaction that changes `is_active`
COMPANY_ACTIVITY_FOLLOWERS = ["connections.services.activity.follow_company_activity"]
AUTOMATIC_REPAIR_OFF_TASKS = ["invitations.tasks.end_automatic_repairs"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "companies.User"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# of the link with which staff choose a new password
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- languages and times ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
# with one language, looking up translations would only cost time: a quarter of a contributor page
USE_I18N = len(LANGUAGES) > 1
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True

# --- static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- security ---------------------------------------------------------------------------------------------
SECURE = urlsplit(PUBLIC_URL).scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = read_integer("STAFF_SESSION_HOURS", default=12, minimum=1, maximum=168) * 60 * 60
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "companies.login_again.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# required: all staff must set up an authenticator app; optional: those who have one are asked for its code
STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="optional")
if STAFF_SECOND_FACTOR not in ("optional", "required"):
    raise ImproperlyConfigured("STAFF_SECOND_FACTOR must be optional or required.")
# addresses in invitations that ended so long ago, and in their mails and logs, are erased; 0 keeps them
ADDRESS_RETENTION_DAYS = read_integer("ADDRESS_RETENTION_DAYS", default=365, maximum=36500)
# number of proxies in front whose client address and scheme are trusted
TRUSTED_PROXIES = read_integer("TRUSTED_PROXIES", default=0, maximum=100)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# W003 looks for Django's own CSRF middleware; ours is a subclass
SILENCED_SYSTEM_CHECKS = ["security.W003"]
# rate limits of the login; the handler has its own counters in place of AXES_LOCKOUT_PARAMETERS
AXES_HANDLER = "companies.login_throttle.LockoutHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "companies.login_throttle.account"
AXES_CLIENT_IP_CALLABLE = "companies.login_throttle.network"
AXES_LOCKOUT_CALLABLE = "companies.login_throttle.lockout_response"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# for webhooks of a mail provider and pasted lists; config.http.body_limit allows 256 KiB elsewhere
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 11_000  # a form may choose ten thousand sites
DEFAULT_EXCEPTION_REPORTER = "config.redaction.RedactingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.redaction.RedactingReportFilter"

# --- mail -------------------------------------------------------------------------------------------------
MAIL_DIR = database.DATA_DIR / "mail"
EMAIL_URL = env.str("EMAIL_URL", default="") or (MAIL_DIR.as_uri() if DEBUG else "smtp://localhost:25")
vars().update(email_settings(EMAIL_URL))
# seconds for the whole conversation with the mail server
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = check_sender(env.str("EMAIL_FROM", default="") or "Latchkey <latchkey@localhost>")
# a mail provider that reports bounces and deliveries; needs the extra `anymail`
ANYMAIL_PROVIDER = env.str("ANYMAIL_PROVIDER", default="")
if ANYMAIL_PROVIDER:
    if not DEBUG and ":" not in env.str("ANYMAIL_WEBHOOK_SECRET", default=""):
        raise ImproperlyConfigured(
            "Set ANYMAIL_WEBHOOK_SECRET in the environment, as name:password: "
            "without it anyone could report mails as delivered or bounced."
        )
    INSTALLED_APPS.append("anymail")
    EMAIL_BACKEND = f"anymail.backends.{ANYMAIL_PROVIDER}.EmailBackend"
    ANYMAIL = anymail_settings(ANYMAIL_PROVIDER, os.environ)

# --- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["config.api.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.json.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["companies.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["companies.api.permissions.HasRequiredScope"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.negotiation.JSONNegotiation",
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "config.api.exception_handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Latchkey",
    "VERSION": "2",
    "DESCRIPTION": (
        "Invite someone to connect a utility account, without sending passwords by mail.\n\n"
        "Send your API key in the header `X-API-KEY` of every request. Every error is a problem document (RFC 9457), "
        "and each operation lists its error codes. An unknown path is a 404. An unsupported method is a 405 "
        "(`METHOD_NOT_ALLOWED`) with an `Allow` header. Null means never, unlimited or none.\n\n"
        "Objects may get new fields, and most enums new values: the description of each enum says which. The `code` of "
        "errors may get new values, too. Do not fail on unknown ones."
    ),
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # the document is for anyone, also with a wrong key
    "COMPONENT_SPLIT_REQUEST": True,
    "CAMELIZE_NAMES": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "ConnectionStatus": "connections.models.status.Status",
        "InvitationStatus": "invitations.models.status.Status",
    },
    "SERVERS": [{"url": PUBLIC_URL}],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.describe_enum_growth",
    ],
}
# every other enum of the document may get new values
OPENAPI_FIXED_ENUMS = {"ActorEnum", "InvitationStatus", "InvitationTypeEnum", "LockedFieldsEnum"}

# --- logs -------------------------------------------------------------------------------------------------
LOGGING = logging_settings(level=read_log_level("LOG_LEVEL"), plain=DEBUG)
