"""Send a mail by SMTP or a provider, and turn errors into sentences for staff and partners."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.redaction import redact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

try:
    from anymail.exceptions import AnymailError as ProviderError
    from anymail.exceptions import AnymailRecipientsRefused as RecipientsRefused
    from requests.exceptions import ConnectionError as ProviderUnreachable
    from requests.exceptions import Timeout as ProviderTimeout
except ImportError:  # the extra `anymail` is not installed

    class ProviderError(Exception):  # type: ignore[no-redef]
        """Never raised."""

    class RecipientsRefused(Exception):  # type: ignore[no-redef]
        """Never raised."""

    class ProviderUnreachable(Exception):  # type: ignore[no-redef]
        """Never raised."""

    class ProviderTimeout(Exception):  # type: ignore[no-redef]
        """Never raised."""


MAX_SERVER_TEXT_LENGTH = 300
# RFC 4954, 6: about our own account, in reply to any command; the mail goes out once the operator corrects it
LOGIN_CODES = frozenset({530, 534, 535, 538})
LOGIN_REFUSED = gettext_lazy("The mail server did not accept our login.")
LOGIN_NOT_TAKEN = gettext_lazy("The mail server does not support login, but our settings have a user name.")
LOGIN_NOT_KNOWN = gettext_lazy("The mail server supports no login method that we know.")
ENCRYPTION_NOT_OFFERED = gettext_lazy("The mail server does not support encryption, but our settings require it.")
ENCRYPTION_WANTED = gettext_lazy("The mail server requires encryption, but our settings do not use it.")
ENCRYPTION_FAILED = gettext_lazy("The encrypted connection to the mail server failed.")
NOT_TRUSTED = gettext_lazy("The certificate of the mail server is not trusted.")
NO_MAIL_SERVER = gettext_lazy("The address in our settings is not a mail server.")
UNREACHABLE = gettext_lazy("The mail server could not be reached.")
TOO_SLOW = gettext_lazy("The mail server did not respond in time.")
CUT_OFF = gettext_lazy("The mail server closed the connection before it accepted the mail.")
PROVIDER_UNREACHABLE = gettext_lazy("The mail provider could not be reached.")
PROVIDER_TOO_SLOW = gettext_lazy("The mail provider did not respond in time.")
PROVIDER_IN_TROUBLE = gettext_lazy("The mail provider did not accept the mail.")
OUR_FAULT = gettext_lazy("The mail could not be sent; the fault is on our side.")
NO_AUTH_METHOD = "No suitable authentication method found."

logger = logging.getLogger("latchkey.mail")


class PermanentDeliveryError(Exception):
    """The mail cannot be delivered. The message is the reason."""


class TemporaryDeliveryError(Exception):
    """The mail may be delivered later. The message is the reason."""


def send(build: Callable[[], EmailMultiAlternatives]) -> None:
    """Build a mail and send it.

    Raises `PermanentDeliveryError` (5xx, RFC 5321 4.2.1) or `TemporaryDeliveryError`. A mail that cannot be built is a
    temporary error: our fault, such as a key that was removed too early, can be repaired.
    """
    try:
        mail = build()
    except (PermanentDeliveryError, DatabaseError):  # without the database the job itself is retried
        raise
    except Exception as error:
        logger.error("a mail could not be built", exc_info=error)
        raise TemporaryDeliveryError(OUR_FAULT) from None
    try:
        mail.send()
    except Exception as error:  # of any kind: the mail waits and the delivery has the reason
        logger.warning("a mail was not accepted: %s", _name(error))
        raise _classify(error) from None


def clean_server_text(text: str) -> str:
    """Return a foreign server's reply as one redacted line of at most 300 characters, without control characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return redact(" ".join(printable.split()))[:MAX_SERVER_TEXT_LENGTH]


def _name(error: Exception) -> str:
    """Return the class and the TLS reason, without the message, which may contain an address."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name} {error.reason}" if isinstance(error, ssl.SSLError) and error.reason else name


def _classify(error: Exception) -> PermanentDeliveryError | TemporaryDeliveryError:
    match error:
        case smtplib.SMTPAuthenticationError():
            return TemporaryDeliveryError(LOGIN_REFUSED)
        case smtplib.SMTPRecipientsRefused():
            ((code, reply),) = error.recipients.values()
            return _refused(_("The mail server refused the address: %(reply)s"), code, reply)
        case smtplib.SMTPResponseException(smtp_code=-1):  # smtplib's code for a line without a number
            return TemporaryDeliveryError(NO_MAIL_SERVER)
        case smtplib.SMTPResponseException():
            return _refused(_("The mail server refused the mail: %(reply)s"), error.smtp_code, error.smtp_error)
        case RecipientsRefused():
            return PermanentDeliveryError(
                _("The mail provider refused the address: %(reply)s") % {"reply": clean_server_text(str(error))}
            )
    return TemporaryDeliveryError(_describe_configuration(error) or _describe_connection(error))


def _describe_configuration(error: Exception) -> "StrOrPromise | None":
    """Describe an error that the operator corrects in `EMAIL_URL` or at the mail server."""
    match error:
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return ENCRYPTION_NOT_OFFERED
        case smtplib.SMTPNotSupportedError() if "AUTH" in str(error):
            return LOGIN_NOT_TAKEN
        case smtplib.SMTPException() if str(error) == NO_AUTH_METHOD:
            return LOGIN_NOT_KNOWN
        case ssl.SSLCertVerificationError():
            return NOT_TRUSTED
        case ssl.SSLError():
            return ENCRYPTION_FAILED
    return None


def _describe_connection(error: Exception) -> "StrOrPromise":
    match error:
        case TimeoutError() | smtplib.SMTPServerDisconnected(__context__=TimeoutError()):
            return TOO_SLOW
        case smtplib.SMTPServerDisconnected():
            return CUT_OFF
        case ProviderTimeout():
            return PROVIDER_TOO_SLOW
        case ProviderUnreachable():
            return PROVIDER_UNREACHABLE
        case OSError() if not isinstance(error, ProviderError | smtplib.SMTPException):
            return UNREACHABLE
    logger.error("a mail could not be sent", exc_info=error)
    return PROVIDER_IN_TROUBLE if isinstance(error, ProviderError) else OUR_FAULT


def _refused(message: str, code: int, reply: bytes | str) -> PermanentDeliveryError | TemporaryDeliveryError:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    if code in LOGIN_CODES:
        return TemporaryDeliveryError(ENCRYPTION_WANTED if "STARTTLS" in text.upper() else LOGIN_REFUSED)
    reason = message % {"reply": clean_server_text(f"{code} {text}")}
    return PermanentDeliveryError(reason) if 500 <= code < 600 else TemporaryDeliveryError(reason)
