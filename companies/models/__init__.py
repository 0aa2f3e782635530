"""Who takes part: staff, partners with their API keys, companies and their sites."""

from companies.models.parties import (
    ApiKey,
    ApiKeyQuerySet,
    Company,
    CompanyQuerySet,
    Partner,
    Scope,
    Site,
    SiteQuerySet,
    StoredAnswer,
    find_api_key,
    hash_api_key,
    partner_scopes,
)
from companies.models.second_factor import Authenticator, RecoveryCode
from companies.models.staff import User, UserManager

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "Authenticator",
    "Company",
    "CompanyQuerySet",
    "Partner",
    "RecoveryCode",
    "Scope",
    "Site",
    "SiteQuerySet",
    "StoredAnswer",
    "User",
    "UserManager",
    "find_api_key",
    "hash_api_key",
    "partner_scopes",
]
