"""The sandbox: a provider that does not exist, and the collector that checks accounts there.

For development and for partners' tests. The user name decides what the check finds; the collector's way is the real
one: it reads the credentials and reports a status.
"""

from uuid import UUID

from companies.actors import SYSTEM
from connections.models import Connection
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from connections.status import Status

USER_NAMES = {
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


def check(connection_id: UUID) -> None:
    """Check a sandbox connection that is waiting. Any other user name works."""
    connection = Connection.objects.filter(pk=connection_id, datasource__is_sandbox=True, status=Status.PENDING).first()
    if connection is None:
        return
    credentials, version = read_credentials(connection, by=SYSTEM)
    outcome = USER_NAMES.get(credentials["username"].strip().lower(), Status.CONNECTED)
    report_status(connection, outcome, by=SYSTEM, credentials_version=version)
