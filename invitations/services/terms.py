"""Terms of invitations, and the rules for each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.addresses import normalize_address
from companies.models import Company
from companies.services.companies import check_external_id, sites_of
from config.db.metadata import check_metadata
from config.exceptions import FieldErrors, InvalidField
from config.validators import validate_multi_line
from connections.services.catalogue import check_country, find_datasource
from connections.services.details import check_start_date
from connections.services.login_pages import check_provider_url
from invitations.models import (
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
)
from invitations.models.prefill import Prefill
from invitations.services.addresses import normalize_allowed_emails
from invitations.services.references import References

MIN_LIFETIME = timedelta(seconds=60)
INVALID_LIFETIME = gettext_lazy("An invitation can last from 60 seconds to 10 years.")


class Terms(TypedDict, total=False):
    """Terms of any invitation.

    Empty `allowed_emails` admit anyone with the link. `expires_in` counts from now. None means no expiry or no limit.
    Without `sends_reminders`, an invitation that is mailed sends them.
    """

    allowed_emails: Sequence[str]
    expires_in: timedelta | None
    expires_at: datetime | None
    max_uses: int | None
    send_email: bool
    sends_reminders: bool
    allows_forwarding: bool
    message: str | None
    locale: str | None
    external_id: str | None
    metadata: dict[str, str] | None
    redirect_url: str | None


class Changes(TypedDict, total=False):
    """Terms that can be changed later. A `prefill` of None removes it."""

    allowed_emails: Sequence[str]
    expires_in: timedelta | None
    expires_at: datetime | None
    max_uses: int | None
    prefill: Prefill | None
    send_email: bool
    sends_reminders: bool
    allows_forwarding: bool
    message: str | None
    external_id: str | None
    metadata: dict[str, str]


def check_terms(
    company: Company,
    *,
    now: datetime | None = None,
    prefill: Prefill | None = None,
    references: References | None = None,
    **terms: Unpack[Terms],
) -> dict[str, Any]:
    """Return the given terms as they are stored. Raises `InvalidField` with every term that is invalid.

    `references`: what the prefills of several invitations refer to. Without, it is looked up.
    """
    errors = FieldErrors()
    given: Mapping[str, Any] = terms
    checked = {name: errors.check(check, given[name]) for name, check in CHECKS.items() if name in given}
    if given.keys() & {"expires_in", "expires_at"}:
        checked["expires_at"] = errors.check(check_expiry, now or timezone.now(), given)
    if "redirect_url" in given:
        checked["redirect_url"] = errors.check(check_redirect_url, given["redirect_url"], company)
    if prefill:
        valid = errors.check(check_prefill, prefill, company, references)
        checked["prefill"] = valid.to_json() if valid else {}
    errors.raise_all()
    return checked


def check_expiry(now: datetime, given: Mapping[str, Any]) -> datetime | None:
    """Return the expiry, or None for never. Rejects a lifetime under 60 seconds or over 10 years."""
    if "expires_in" in given and "expires_at" in given:
        raise InvalidField(("expires_at",), _("Give expiresInSeconds or expiresAt, and not both."))
    field, life = "expires_in_seconds", given.get("expires_in")
    if end := given.get("expires_at"):
        field, life = "expires_at", end - now
    if life is not None and not MIN_LIFETIME <= life <= MAX_LIFETIME:
        raise InvalidField((field,), str(INVALID_LIFETIME))
    return None if life is None else now + life


def check_max_uses(max_uses: int | None) -> int | None:
    if max_uses is not None and not 1 <= max_uses <= MAX_MAX_USES:
        raise InvalidField(("max_uses",), _("The number of uses is between 1 and 1,000,000."))
    return max_uses


def check_message(message: str | None) -> str | None:
    return validate_multi_line(message, max_length=MAX_MESSAGE_LENGTH, field=("message",)) if message else None


CHECKS: dict[str, Callable[[Any], Any]] = {
    "allowed_emails": lambda emails: normalize_allowed_emails(emails or ()),
    "max_uses": check_max_uses,
    "sends_reminders": bool,
    "allows_forwarding": bool,
    "message": check_message,
    "external_id": check_external_id,
    "metadata": check_metadata,
}


def check_prefill(prefill: Prefill, company: Company, references: References | None = None) -> Prefill:
    """Return the prefill without duplicates and with a normalized URL and owner address.

    Raises `InvalidField` for values that are invalid, unknown to the catalogue, or not the company's.
    """
    errors = FieldErrors()
    if prefill.datasource_id:
        find = references.find_datasource if references else find_datasource
        errors.check(find, prefill.datasource_id, field=("prefill", "datasource_id"))
    if url := prefill.url:
        url = errors.check(check_provider_url, url, field=("prefill", "url"))
    if prefill.country:
        errors.check(check_country, prefill.country, field=("prefill", "country"))
    if prefill.initial_sites:
        choose = references.sites_of if references else sites_of
        errors.check(choose, company, list(prefill.initial_sites), field=("prefill", "initial_sites"))
    if start := prefill.data_collection_start_date:
        errors.check(check_start_date, start, field=("prefill", "data_collection_start_date"))
    if owner := prefill.connection_owner_email:
        owner = errors.check(normalize_address, owner, field=("prefill", "connection_owner_email"))
    errors.raise_all()
    return replace(
        prefill,
        url=url,
        initial_sites=tuple(dict.fromkeys(prefill.initial_sites)),
        utility_types=tuple(dict.fromkeys(prefill.utility_types)),
        connection_owner_email=owner,
    )


def check_redirect_url(redirect_url: str | None, company: Company) -> str | None:
    """Reject a URL that is not exactly on the list of the company's partner."""
    if redirect_url is None:
        return None
    if not redirect_url.startswith("https://") or redirect_url not in company.partner.redirect_urls:
        raise InvalidField(
            ("redirect_url",), _("This URL is not on the partner’s list of redirect URLs. Use one of them.")
        )
    return redirect_url
