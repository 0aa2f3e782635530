"""Send a mail by SMTP or a provider, and turn errors into a fault and a sentence for staff and partners."""

import logging
import re
import smtplib
import ssl
from collections.abc import Callable
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from companies.services.mailbox import FATES, MAILS, send_or_store
from config.mail.files import MailFileError
from config.mail.smtp import NotAMailServer
from config.redaction import redact
from invitations.models import Delivery, Fault, Invitation
from invitations.services.delivery.faults import Stage, fault_of, stops_every_mail
from invitations.services.delivery.outages import current_outage, end_outage, record_outage

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
REPEATED_CODE = re.compile(r"\n[245]\.\d{1,3}\.\d{1,3}(?= )")
REFUSALS: dict[Fault, "StrOrPromise"] = {
    Fault.SENDER: gettext_lazy("Our mail server did not accept the mail: %(reply)s"),
    Fault.RECEIVER: gettext_lazy("The recipient’s mail server cannot take the mail now: %(reply)s"),
    Fault.ADDRESS: gettext_lazy("The mail server refused the address: %(reply)s"),
}
LOGIN_REFUSED = gettext_lazy("The mail server did not accept our login.")
LOGIN_NOT_TAKEN = gettext_lazy("The mail server does not support login, but our settings have a user name.")
LOGIN_NOT_KNOWN = gettext_lazy("The mail server supports no login method that we know.")
ENCRYPTION_NOT_OFFERED = gettext_lazy("The mail server does not support encryption, but our settings require it.")
ENCRYPTION_WANTED = gettext_lazy("The mail server requires encryption, but our settings do not use it.")
ENCRYPTION_FAILED = gettext_lazy("The encrypted connection to the mail server failed.")
NOT_TRUSTED = gettext_lazy("The certificate of the mail server is not trusted.")
NOT_WRITTEN = gettext_lazy("The folder for mails could not be written: %(reason)s.")
NO_MAIL_SERVER = gettext_lazy("The address in our settings is not a mail server.")
UNREACHABLE = gettext_lazy("The mail server could not be reached.")
TOO_SLOW = gettext_lazy("The mail server did not respond in time.")
CUT_OFF = gettext_lazy("The mail server closed the connection before it accepted the mail.")
PROVIDER_UNREACHABLE = gettext_lazy("The mail provider could not be reached.")
PROVIDER_TOO_SLOW = gettext_lazy("The mail provider did not respond in time.")
PROVIDER_IN_TROUBLE = gettext_lazy("The mail provider did not accept the mail.")
PROVIDER_REFUSED = gettext_lazy("The mail provider refused the address: %(reply)s")
OUR_FAULT = gettext_lazy("The mail could not be sent; the fault is on our side.")
NO_AUTH_METHOD = "No suitable authentication method found."
# RFC 4954, 6: about our own account, in reply to any command
LOGIN_CODES = frozenset({530, 534, 535, 538})
STAGES: dict[type[smtplib.SMTPException], Stage] = {
    smtplib.SMTPConnectError: Stage.CONNECT,
    smtplib.SMTPHeloError: Stage.HELO,
    smtplib.SMTPAuthenticationError: Stage.AUTH,
    smtplib.SMTPSenderRefused: Stage.MAIL,
    smtplib.SMTPDataError: Stage.DATA,
}

logger = logging.getLogger("latchkey.mail")


class MailKind(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"
    CODE = "code"
    RECEIPT = "receipt"
    NOTICE = "notice"


MAILS.begin(product(MailKind, FATES))


class DeliveryError(Exception):
    """The message is the reason."""


class PermanentDeliveryError(DeliveryError):
    """The mail cannot be delivered. `fault` is None if it is not wanted any more."""

    def __init__(self, reason: "StrOrPromise", *, fault: Fault | None = None) -> None:
        super().__init__(reason)
        self.fault = fault


class TemporaryDeliveryError(DeliveryError):
    """The mail may be delivered later. `stops_every_mail`: no mail leaves at the moment."""

    fault: Fault

    def __init__(self, reason: "StrOrPromise", *, fault: Fault, stops_every_mail: bool = False) -> None:
        super().__init__(reason)
        self.fault = fault
        self.stops_every_mail = stops_every_mail


class Refusal(NamedTuple):
    """A reply that the server itself sent."""

    stage: Stage
    code: int
    text: str


def kind_of(delivery: Delivery) -> MailKind:
    return MailKind.REMINDER if delivery.reminder else MailKind.INVITATION


def send(build: Callable[[], EmailMultiAlternatives], *, invitation: Invitation, kind: MailKind) -> None:
    """Build a mail and send it. A mail of test mode is stored instead, and tells nothing about outages.

    Raises `PermanentDeliveryError` if the fault is the address, else `TemporaryDeliveryError`: the mail goes out once
    the cause is gone. A mail that cannot be built, such as for a key that was removed too early, is our fault. Records
    when an outage begins or ends.
    """
    try:
        mail = build()
    except (PermanentDeliveryError, DatabaseError):  # without the database the job itself is retried
        raise
    except Exception as error:
        logger.error("a mail could not be built", exc_info=error)
        MAILS.count(kind, "delayed")
        raise TemporaryDeliveryError(OUR_FAULT, fault=Fault.SENDER) from None
    company = invitation.company
    try:
        has_left = send_or_store(mail, world=company.world, company=company, resource_id=invitation.pk)
    except DatabaseError:
        raise
    except Exception as error:  # of any kind: the mail waits and the delivery has the reason
        logger.warning("a mail was not accepted: %s", _name(error))
        failure = _classify(error)
        if isinstance(failure, TemporaryDeliveryError):
            MAILS.count(kind, "delayed")
        _follow_outage(failure)
        raise failure from None
    MAILS.count(kind, "left" if has_left else "stored")
    if has_left:
        end_outage()


def ensure_no_outage(kind: MailKind) -> None:
    """Raise `TemporaryDeliveryError` while no mail leaves."""
    outage = current_outage()
    if outage and outage.retry_at > timezone.now():
        MAILS.count(kind, "held_back")
        raise TemporaryDeliveryError(outage.reason, fault=Fault.SENDER)


def _follow_outage(failure: DeliveryError) -> None:
    match failure:
        case TemporaryDeliveryError(stops_every_mail=True):
            record_outage(str(failure))
        case PermanentDeliveryError() | TemporaryDeliveryError(fault=Fault.RECEIVER):  # it came as far as the address
            end_outage()


def clean_server_text(text: str) -> str:
    """Return a foreign server's reply as one redacted line of at most 300 characters, without control characters.

    Servers repeat the enhanced code in each line (RFC 2034). Once is enough for people.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in REPEATED_CODE.sub(" ", text))
    return redact(" ".join(printable.split()))[:MAX_SERVER_TEXT_LENGTH]


def _name(error: Exception) -> str:
    """Return the class and the TLS reason, without the message, which may contain an address."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name} {error.reason}" if isinstance(error, ssl.SSLError) and error.reason else name


def _classify(error: Exception) -> DeliveryError:
    if refusal := _refusal(error):
        return _refused(refusal)
    if isinstance(error, RecipientsRefused):
        refused = PROVIDER_REFUSED % {"reply": clean_server_text(str(error))}
        return PermanentDeliveryError(refused, fault=Fault.ADDRESS)
    reason: StrOrPromise
    if isinstance(error, NotAMailServer | smtplib.SMTPResponseException):
        reason = NO_MAIL_SERVER
    elif isinstance(error, MailFileError):
        reason = NOT_WRITTEN % {"reason": error}
    else:
        reason = _describe_configuration(error) or _describe_connection(error)
    return TemporaryDeliveryError(reason, fault=Fault.SENDER, stops_every_mail=True)


def _refusal(error: Exception) -> Refusal | None:
    """Return the server's reply. What smtplib makes up has the type `str`, or a code that no server sends."""
    code: int
    reply: bytes | str
    match error:
        case smtplib.SMTPRecipientsRefused():
            stage = Stage.RCPT
            ((code, reply),) = error.recipients.values()
        case smtplib.SMTPResponseException():
            stage = STAGES.get(type(error), Stage.STARTTLS)
            code, reply = error.smtp_code, error.smtp_error
        case _:
            return None
    if not isinstance(reply, bytes) or not 400 <= code < 600:
        return None
    return Refusal(stage, code, _decode(reply))


def _decode(reply: bytes) -> str:
    try:
        return reply.decode()
    except UnicodeDecodeError:  # not foreseen by any standard; most such servers are European
        return reply.decode("cp1252", errors="replace")


def _refused(refusal: Refusal) -> DeliveryError:
    stage, code, text = refusal
    fault = fault_of(stage, code, text)
    reason: StrOrPromise
    if stage == Stage.AUTH or code in LOGIN_CODES:
        reason = ENCRYPTION_WANTED if "STARTTLS" in text.upper() else LOGIN_REFUSED
    else:
        reason = REFUSALS[fault] % {"reply": clean_server_text(f"{code} {text}")}
    if fault == Fault.ADDRESS:
        return PermanentDeliveryError(reason, fault=fault)
    is_general = fault == Fault.SENDER and stops_every_mail(stage, code, text)
    return TemporaryDeliveryError(reason, fault=fault, stops_every_mail=is_general)


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
