"""Settings, read from the environment. See the table in README.md.

If none of `SECRET_KEY`, `PUBLIC_URL`, `ALLOWED_HOSTS` and `ENCRYPTION_KEYS` is set, this is a development machine: it
serves itself only, with publicly known keys. If one of them is set, `DEBUG` is off by default, and without `DEBUG` all
four are required. With `DEBUG` only hosts of this machine and its local network are allowed.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import database
from config.axes_settings import axes_settings
from config.crypto.keyring import Keyring
from config.env import (
    check_debug_hosts,
    check_encryption_keys,
    check_hosts,
    check_operator_name,
    check_public_url,
    check_required,
    check_secret_keys,
    check_webhook_targets,
    read_integer,
    read_log_level,
)
from config.languages import ENDONYMS
from config.log_settings import logging_settings
from config.mail.settings import anymail_settings, check_sender, email_settings
from config.openapi_settings import openapi_settings
from config.rest_settings import rest_settings
from config.worker_settings import worker_defaults

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
# who runs this site, for contributors: they see it on every page that asks for a login
OPERATOR_NAME = check_operator_name(env.str("OPERATOR_NAME", default="") or "Latchkey")
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
    "config.http.routes.RouteMiddleware",
    "config.http.traces.TraceMiddleware",
    "config.dev.local_clients.LocalClientsMiddleware",
    "config.http.proxies.ProxyMiddleware",
    "invitations.contributor.language.LanguageMiddleware",
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
    "config.http.framing.FramingMiddleware",
    "config.http.csrf.CsrfMiddleware",
    "config.http.staff_only.AuthenticationMiddleware",
    "config.http.staff_only.OTPMiddleware",
    "config.http.staff_only.MessageMiddleware",
    "config.http.staff_only.AxesMiddleware",
    "config.http.replica.WrittenMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# processes of the web server, and requests that each of them answers at the same time
WEB_WORKERS = read_integer("WEB_WORKERS", default=2 if DEBUG else 4, minimum=1, maximum=100)
WEB_THREADS = read_integer("WEB_THREADS", default=4, minimum=1, maximum=100)
# of metrics for Prometheus, never the public port; 0: none
METRICS_PORT = read_integer("METRICS_PORT", default=0, maximum=65535)
METRICS_HOST = env.str("METRICS_HOST", default="") or "127.0.0.1"
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
DATABASES = database.read_databases()
DATABASE_ROUTERS = ["config.db.replica.Router"] if len(DATABASES) > 1 else []
# their models are read from the replica where that is allowed; logins and permissions never are
REPLICA_APPS = ["companies", "connections", "invitations"]
PROCRASTINATE_WORKER_DEFAULTS = worker_defaults(is_pooled=database.is_pooled())
PROCRASTINATE_ON_APP_READY = "config.job_monitoring.monitor_jobs"
# tasks that follow a change in a lower app; they take a `connection_id` and a `company_id`
STATUS_CHANGE_TASKS = ["invitations.tasks.follow_status"]
# functions that take a locked company and `by`, and run in the transaction that changes `is_active`
COMPANY_ACTIVITY_FOLLOWERS = ["connections.services.activity.follow_company_activity"]
AUTOMATIC_REPAIR_OFF_TASKS = ["invitations.tasks.end_automatic_repairs"]
# a function from ids of invitations to their `token` and `invitationUrl`
WEBHOOK_LINKS = "invitations.services.links.current_links"
# a function that counts a mail to the contact of an endpoint; False: the mailbox got enough of the partner today
CONTACT_MAIL_COUNTER = "invitations.services.delivery.limits.count_contact_mail"
# functions from objects to what the API shows of each, as JSON and without links, for the events of partners
EVENT_SNAPSHOTS = {
    "invitation": "invitations.api.snapshots.take_snapshots",
    "connection": "connections.api.representation.take_snapshots",
}
# serializers of the same, for the OpenAPI document
EVENT_SCHEMAS = {
    "invitation": "invitations.api.snapshots.EventInvitationDataSerializer",
    "connection": "connections.api.serializers.ConnectionSerializer",
}
# function that returns whether ENCRYPTION_KEYS has the key of the newest secret, for the readiness probe
KEYRING_CHECK = "invitations.services.links.has_key_of_newest_token"
# functions that yield what is wrong, for `manage.py doctor`
DOCTOR_CHECKS = [
    "invitations.services.delivery.outages.check_mails",
    "companies.services.webhooks.disabling.check_endpoints",
]
# functions that return a `config.operations.section.Section` for the page of operators
OPERATOR_SECTIONS = [
    "invitations.services.delivery.undelivered.undelivered_mails",
    "invitations.services.encrypted_columns.keys_in_use",
]
# function from ids of invitations to what the events of their connections say of them
EVENT_INVITATIONS = "invitations.services.events.find_references"
# function from the id of a connection to the consent of its contributor, or None
CONNECTION_CONSENT = "invitations.services.consent.find_consent"
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
LANGUAGES = list(ENDONYMS.items())
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
CSRF_FAILURE_VIEW = "invitations.contributor.rejected.csrf_failure"
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
# webhooks may go to private addresses and without TLS; `make run` switches it on
WEBHOOK_ALLOW_PRIVATE = check_webhook_targets(env.bool("WEBHOOK_ALLOW_PRIVATE", default=False), debug=DEBUG)
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
# they look for the middleware of Django and of axes by name; ours are subclasses
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W003", "axes.W002"]
vars().update(axes_settings(throttle="companies.login_throttle"))
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
    if not DEBUG and not all(":" in each for each in env.str("ANYMAIL_WEBHOOK_SECRET", default="").split(",")):
        raise ImproperlyConfigured(
            "Set ANYMAIL_WEBHOOK_SECRET in the environment, as name:password: "
            "without it anyone could report mails as delivered or bounced."
        )
    INSTALLED_APPS.append("anymail")
    EMAIL_BACKEND = f"anymail.backends.{ANYMAIL_PROVIDER}.EmailBackend"
    ANYMAIL = anymail_settings(ANYMAIL_PROVIDER, os.environ)

# --- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = rest_settings(
    authentication="companies.api.authentication.ApiKeyAuthentication",
    permission="companies.api.permissions.HasRequiredScope",
)
SPECTACULAR_SETTINGS = openapi_settings(
    server=PUBLIC_URL,
    enum_names={
        "ConnectionStatus": "connections.models.status.Status",
        "InvitationStatus": "invitations.models.status.Status",
        "PartnerEventType": "companies.models.PartnerEventType",
        "WebhookDeliveryStatus": "companies.models.WebhookStatus",
        "WebhookStatus": "companies.models.EndpointStatus",
    },
    hooks=["companies.api.webhooks.document.add_webhooks"],
)
# every other enum of the document may get new values
OPENAPI_FIXED_ENUMS = {"ActorEnum", "InvitationStatus", "InvitationTypeEnum", "LockedFieldsEnum"}

# --- logs -------------------------------------------------------------------------------------------------
LOGGING = logging_settings(level=read_log_level("LOG_LEVEL"), plain=DEBUG)
