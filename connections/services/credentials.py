"""The vault: what the utility asks for goes in, sealed, and comes out for a collector only."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from companies.actors import Actor
from companies.log import append_event
from config.crypto.keyring import DecryptionError
from config.exceptions import InvalidField
from connections.exceptions import CredentialsUnreadable
from connections.models import Connection, ConnectionEvent, ConnectionEventType, Credential, Datasource, ExtraCredential

EVERY_EXTRA = ", ".join(str(label).lower() for label in ExtraCredential.labels)

logger = logging.getLogger("latchkey")


class SecurityAnswer(TypedDict):
    """An answer, and the question as the contributor wrote it down."""

    question: str
    answer: str


class Credentials(TypedDict):
    """What the utility asks for at its login page.

    `security_answers` has each answer with its question; `security_answer` is then the first of them, for collectors
    that know of one only, and else an answer whose question nobody wrote down.
    """

    username: str
    password: str
    account_number: NotRequired[str]
    security_answer: NotRequired[str]
    security_answers: NotRequired[list[SecurityAnswer]]
    authenticator_seed: NotRequired[str]


class Answers(TypedDict):
    """The part of the credentials that answers security questions."""

    security_answer: str
    security_answers: list[SecurityAnswer]


@sensitive_variables()
def with_questions(answers: list[SecurityAnswer]) -> Answers:
    """One security answer or more, as credentials have them."""
    return {"security_answer": answers[0]["answer"], "security_answers": answers}


@sensitive_variables()
@transaction.atomic
def read_credentials(connection: Connection, *, by: Actor) -> tuple[Credentials, int]:
    """The credentials and their version, for a collector. Every read is logged on the connection.

    Refuses those that do not open, which is an error in the log for whoever runs this, and no read.
    """
    # without a lock: a change holds the connection, which the log line needs, and waits for the credential
    credential = Credential.objects.get(connection=connection)
    log_connection_event(connection, ConnectionEventType.CREDENTIALS_READ, by=by)
    return _open(credential), credential.version


@sensitive_variables()
def merge_credentials(credential: Credential, given: Credentials) -> Credentials:
    """What is given, with the stored extras that are not. Call it with the connection locked.

    Of the security answers those given are all there are. Another user name keeps the extras as well: most often it
    is the same login, spelt right or renamed by the provider, and a key that is thrown away cannot be had again. One
    that does not fit is found by the next check, which asks for another.
    """
    kept = {name: value for name, value in _still_readable(credential).items() if name not in ("username", "password")}
    if given.get("security_answer"):
        kept.pop("security_answers", None)
    return cast(Credentials, kept | {name: value for name, value in given.items() if value})


@sensitive_variables()
def check_credentials(credentials: Credentials, datasource: Datasource | None) -> Credentials:
    """Credentials as they are stored: no blanks stand around the user name, and the password is as it was given.

    Refuses, naming the field, a user name of blanks, and credentials without an extra that the provider asks for.
    """
    if not (username := credentials.get("username", "").strip()):
        raise InvalidField(("username",), "A user name is more than blanks.", code="blank")
    _demand(datasource.asks_for if datasource else (), credentials, "The provider asks for this")
    return {**credentials, "username": username}


@sensitive_variables("given")
def ensure_changed_credentials(connection: Connection, given: Credentials) -> None:
    """Refuses what would fail the next check as it failed the last: an extra that was found wanting must be given."""
    _demand(connection.stale_extras, given, "The provider asks for this again")
    if connection.needs_some_extra and not any(given.get(name) for name in ExtraCredential.values):
        raise InvalidField(("extras",), f"Fill in at least one of these: {EVERY_EXTRA}.", code="required")


@sensitive_variables("credentials")
def encrypt_credentials(credential: Credential, credentials: Credentials) -> Credential:
    """Put them in, with the names of their extras beside them; whoever calls saves it.

    Readable only with the keys from the environment, and only as this connection's.
    """
    credential.encrypted = settings.KEYRING.encrypt(orjson.dumps(credentials), associated_data=_binding(credential.pk))
    credential.extras = [name for name in ExtraCredential.values if credentials.get(name)]
    return credential


def log_connection_event(
    connection: Connection, event_type: ConnectionEventType, *, by: Actor, email: str | None = None, **detail: Any
) -> ConnectionEvent:
    """Append a line to the connection's log; call it in the transaction that makes the line true."""
    return append_event(connection.events, event_type, by=by, email=email, detail=detail)


@sensitive_variables("given")
def _demand(names: Iterable[str], given: Credentials, sentence: str) -> None:
    for name in names:
        if not given.get(name):
            what = str(ExtraCredential(name).label).lower()
            raise InvalidField((name,), f"{sentence}: {what}.", code="required")


@sensitive_variables()
def _open(credential: Credential) -> Credentials:
    try:
        opened = settings.KEYRING.decrypt(bytes(credential.encrypted), associated_data=_binding(credential.pk))
    except DecryptionError as error:
        logger.error("the credentials of connection %s do not open: %s", credential.pk, error)
        raise CredentialsUnreadable from None
    credentials: Credentials = orjson.loads(opened)
    return credentials


@sensitive_variables()
def _still_readable(credential: Credential) -> Mapping[str, Any]:
    """What is stored, or nothing where it does not open any more: new login details mend that too."""
    try:
        return _open(credential)
    except CredentialsUnreadable:
        return {}


def _binding(connection_id: UUID) -> str:
    return f"credential:{connection_id}"
