"""Sandbox providers for development and partners' tests, and the collector that checks accounts there.

The user name decides the outcome. The collector takes the real path: it reads the credentials and reports a status.
"""

from typing import Any
from uuid import UUID

from companies.actors import SYSTEM
from connections.models import Connection, Datasource, ExtraCredential
from connections.models.status import Status
from connections.services.connections import report_status
from connections.services.credentials import read_credentials

# any other user name is CONNECTED
OUTCOMES_BY_USER_NAME = {
    "works": Status.CONNECTED,
    "wrong-password": Status.PASSWORD_INCORRECT,
    "mfa": Status.MFA_TOKEN_EXPIRED,
    "new-password": Status.NEW_PASSWORD_NEEDED,
    "more-needed": Status.ADDITIONAL_CREDENTIALS_NEEDED,
    "site-down": Status.WEBSITE_DOWN,
    "unreachable": Status.URL_INACCESSIBLE,
    "no-accounts": Status.NO_ACCOUNTS_FOUND,
    "investigation": Status.UNDER_INVESTIGATION,
    "error": Status.OTHER_ERROR,
    "inactive": Status.COMPANY_INACTIVE,
}


def ensure_sandbox() -> Datasource:
    return _ensure_provider("Sandbox Utility")


def ensure_demanding_sandbox() -> Datasource:
    return _ensure_provider(
        "Demanding Sandbox", asks_for=[ExtraCredential.ACCOUNT_NUMBER.value, ExtraCredential.AUTHENTICATOR_SEED.value]
    )


def check_sandbox_connection(connection_id: UUID) -> None:
    """Check a sandbox connection once. Ignores any other connection, and one that is not pending."""
    connection = Connection.objects.filter(pk=connection_id, datasource__is_sandbox=True, status=Status.PENDING).first()
    if connection is None or connection.has_moved:
        return
    credentials, version = read_credentials(connection, by=SYSTEM)
    outcome = OUTCOMES_BY_USER_NAME.get(credentials["username"].strip().lower(), Status.CONNECTED)
    report_status(connection, outcome, by=SYSTEM, credentials_version=version)


def _ensure_provider(name: str, **fields: Any) -> Datasource:
    provider, _ = Datasource.objects.get_or_create(
        country="GB",
        name=name,
        defaults={
            "login_url": "https://sandbox.latchkey.example/login",
            "utility_types": ["ELECTRICITY"],
            "is_sandbox": True,
            **fields,
        },
    )
    return provider
