"""Accounts as contributors describe them, compared with what was saved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from companies.models import Site
from connections.models import Connection, Credential, Datasource, login_host
from connections.services.credentials import Credentials, holds_credentials, holds_username
from connections.services.details import Details
from invitations.models import Invitation, Use
from invitations.services.statements import saved_accounts

MAX_COMPARED = 1000


@dataclass(frozen=True)
class Account:
    """The contributor's details of an account, with a provider from the catalogue or its `url`."""

    datasource: Datasource | None = None
    url: str | None = None
    country: str | None = None
    sites: tuple[Site, ...] = ()
    utility_types: tuple[str, ...] = ()
    owner_email: str | None = None
    collection_start_date: date | None = None

    @property
    def provider_name(self) -> str:
        return self.datasource.name if self.datasource else urlsplit(self.login_url).hostname or ""

    @property
    def login_url(self) -> str:
        return self.datasource.login_url if self.datasource else self.url or ""

    @property
    def details(self) -> Details:
        return {
            "country": self.country,
            "utility_types": self.utility_types,
            "owner_email": self.owner_email,
            "collection_start_date": self.collection_start_date,
        }

    def is_saved_as(self, connection: Connection) -> bool:
        """True if the connection has these details."""
        default_country = self.datasource.country if self.datasource else None
        given = (self.datasource, self.url, self.country or default_country)
        saved = (connection.datasource, connection.url, connection.country)
        return (
            given == saved
            and (self.owner_email, self.collection_start_date)
            == (connection.owner_email, connection.collection_start_date)
            and set(self.utility_types) == set(connection.utility_types)
            and set(self.sites) == set(connection.sites.all())
        )


@sensitive_variables("credentials")
def is_same_form(use: Use, account: Account, credentials: Credentials) -> bool:
    """True if the form that `use` saved had these values. False if they were changed since."""
    connection = use.target
    return account.is_saved_as(connection) and holds_credentials(connection.credential, credentials)


@sensitive_variables("username")
def find_same_account(
    invitation: Invitation, login_url: str, username: str, *, among: Collection[UUID] | None = None
) -> UUID | None:
    """Return the newest use, of those `among` which to look, that connected the same user name at the same provider.

    Call it under the lock on the invitation. Compares with its last `MAX_COMPARED` uses.
    """
    if not invitation.use_count:
        return None
    host = login_host(login_url)
    for use_id, saved_url, connection_id, encrypted in saved_accounts(invitation.pk, limit=MAX_COMPARED):
        is_compared = (among is None or use_id in among) and login_host(saved_url) == host
        if is_compared and holds_username(Credential(connection_id=connection_id, encrypted=encrypted), username):
            return use_id
    return None
