"""Encrypted credentials: written by contributors and partners, read by collectors only."""

import logging
import unicodedata
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from companies.actors import Actor
from companies.exceptions import CompanyInactive
from config.crypto.keyring import DecryptionError
from config.exceptions import FieldErrors, InvalidField
from config.typed_text import clean_typed, plain_digits
from connections.exceptions import CredentialsDeleted, CredentialsUnreadable, LoginPageMoved
from connections.models import (
    Connection,
    ConnectionEventType,
    Credential,
    Datasource,
    ExtraCredential,
    login_host,
)
from connections.models.status import Status
from connections.services.events import log_connection_event
from connections.services.statements import share_connection

logger = logging.getLogger("latchkey")


class SecurityAnswer(TypedDict):
    question: str
    answer: str


class Credentials(TypedDict):
    """Credentials for the provider's login page.

    With `security_answers`, `security_answer` is the first of them, for collectors that know only one. Without, it
    answers an unknown question.
    """

    username: str
    password: str
    account_number: NotRequired[str]
    security_answer: NotRequired[str]
    security_answers: NotRequired[list[SecurityAnswer]]
    authenticator_seed: NotRequired[str]


class Answers(TypedDict):
    security_answer: str
    security_answers: list[SecurityAnswer]


@sensitive_variables()
def with_questions(answers: list[SecurityAnswer]) -> Answers:
    return {"security_answer": answers[0]["answer"], "security_answers": answers}


@sensitive_variables()
@transaction.atomic
def read_credentials(connection: Connection, *, by: Actor) -> tuple[Credentials, int]:
    """Return the credentials and their version, and log the read on the connection.

    Raises `CompanyInactive` while the company rests, `CredentialsDeleted`, `LoginPageMoved` if they were given for
    another host than that of the connection, and `CredentialsUnreadable` if they cannot be decrypted. That is an error
    in the operator's log, not a read.
    """
    # waits for a deletion, and a deletion waits for it: no login is handed out after it was deleted
    if share_connection(connection.pk) == Status.COMPANY_INACTIVE:
        raise CompanyInactive
    credential = Credential.objects.get(connection=connection)
    if credential.is_deleted:
        raise CredentialsDeleted
    # the caller hands out this connection's address with them, also if it was read before a change
    if not credential.is_for(connection):
        raise LoginPageMoved
    log_connection_event(connection, ConnectionEventType.CREDENTIALS_READ, by=by)
    return _decrypt(credential), credential.version


def delete_credentials(connection: Connection, *, by: Actor) -> None:
    """Delete the credentials for good. Call it with the connection locked. A second call changes nothing."""
    credential = Credential.objects.get(connection=connection)
    if not credential.is_deleted:
        credential.encrypted, credential.extras = None, []
        credential.version += 1
        credential.save(update_fields=["encrypted", "extras", "version", "updated_at"])
        log_connection_event(connection, ConnectionEventType.CREDENTIALS_DELETED, by=by)


@sensitive_variables()
def merge_credentials(credential: Credential, given: Credentials) -> Credentials:
    """Add the stored extras to the given credentials. Call it with the connection locked.

    Given security answers replace all stored ones. Extras stay for another user name too: most often it is the same
    login, corrected or renamed, and a deleted key could not be restored. The next check finds an extra that is wrong.
    """
    kept = {
        name: value for name, value in _decrypt_or_empty(credential).items() if name not in ("username", "password")
    }
    if given.get("security_answer"):
        kept.pop("security_answers", None)
    return cast(Credentials, kept | {name: value for name, value in given.items() if value})


@sensitive_variables()
def holds_credentials(credential: Credential, given: Credentials) -> bool:
    """True if each given value is stored. False if the stored values cannot be decrypted."""
    stored = _decrypt_or_empty(credential)
    cleaned = check_credentials(given, None)
    return all(stored.get(name) == value for name, value in cleaned.items() if value)


@sensitive_variables()
def holds_username(credential: Credential, username: str) -> bool:
    """True if it is the stored user name, ignoring case, blanks, invisible characters and full width."""
    stored = _decrypt_or_empty(credential).get("username")
    return stored is not None and _fold_username(stored) == _fold_username(username)


@sensitive_variables()
def check_credentials(credentials: Credentials, datasource: Datasource | None) -> Credentials:
    """Clean user name, account number and questions (`clean_typed`). Every secret stays exactly as given.

    Raises `InvalidField` for a blank user name, and for each missing extra that the provider asks for.
    """
    errors = FieldErrors()
    username = errors.check(_check_username, credentials.get("username", ""))
    cleaned: Credentials = {**credentials, "username": username or ""}
    if number := credentials.get("account_number"):
        cleaned["account_number"] = clean_typed(plain_digits(number))
    if pairs := credentials.get("security_answers"):
        cleaned["security_answers"] = [{**pair, "question": clean_typed(pair["question"])} for pair in pairs]
    for name in datasource.asks_for if datasource else ():
        errors.check(_require, name, cleaned, _("The provider asks for this: %(extra)s."))
    errors.raise_all()
    return cleaned


@sensitive_variables("given")
def ensure_changed_credentials(connection: Connection, given: Credentials) -> None:
    """Raise `InvalidField` if an extra that the last check rejected is not given again."""
    for name in connection.stale_extras:
        _require(name, given, _("The provider asks for this again: %(extra)s."))
    if connection.needs_some_extra and not any(given.get(name) for name in ExtraCredential.values):
        raise InvalidField(
            ("extras",), _("Fill in at least one of these: %(extras)s.") % {"extras": _extra_names()}, code="required"
        )


@sensitive_variables("credentials")
def encrypt_credentials(credential: Credential, credentials: Credentials) -> Credential:
    """Set the encrypted credentials, bound to the connection, their extras' names, and their host. Does not save."""
    credential.encrypted = settings.KEYRING.encrypt(
        orjson.dumps(credentials), associated_data=_associated_data(credential.pk)
    )
    credential.extras = [name for name in ExtraCredential.values if credentials.get(name)]
    credential.host = login_host(credential.connection.login_url)
    return credential


def _extra_names() -> str:
    return ", ".join(map(str, ExtraCredential.labels))


def _check_username(typed: str) -> str:
    if not (username := clean_typed(typed)):
        raise InvalidField(("username",), _("The user name is blank. Enter it."), code="blank")
    return username


@sensitive_variables("given")
def _require(name: str, given: Credentials, message: str) -> None:
    if not given.get(name):
        raise InvalidField((name,), message % {"extra": ExtraCredential(name).label}, code="required")


@sensitive_variables()
def _decrypt(credential: Credential) -> Credentials:
    try:
        decrypted = settings.KEYRING.decrypt(
            bytes(credential.encrypted or b""), associated_data=_associated_data(credential.pk)
        )
    except DecryptionError as error:
        logger.error("the credentials of connection %s cannot be decrypted: %s", credential.pk, error)
        raise CredentialsUnreadable from None
    credentials: Credentials = orjson.loads(decrypted)
    return credentials


@sensitive_variables()
def _decrypt_or_empty(credential: Credential) -> Mapping[str, Any]:
    """Return the stored credentials. Empty if they are deleted or do not decrypt, so that new ones can replace them."""
    try:
        return {} if credential.is_deleted else _decrypt(credential)
    except CredentialsUnreadable:
        return {}


def _fold_username(username: str) -> str:
    if username.isascii() and username.isprintable():  # the same in a tenth of the time
        return username.lower().replace(" ", "")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())
    return "".join(letter for letter in folded if letter.isprintable() and not letter.isspace())


def _associated_data(connection_id: UUID) -> str:
    return f"credential:{connection_id}"
