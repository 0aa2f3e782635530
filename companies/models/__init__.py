"""Staff, partners with their API keys, companies with their sites."""

from companies.models.authenticators import Authenticator, RecoveryCode
from companies.models.companies import Company, CompanyQuerySet, Site, SiteQuerySet
from companies.models.company_events import CompanyEvent, CompanyEventType
from companies.models.events import AbstractEvent, ActorKind
from companies.models.known_networks import KNOWN_FOR, KnownNetwork
from companies.models.partners import (
    COLLECTOR_SCOPES,
    OF_COLLECTORS,
    ApiKey,
    ApiKeyQuerySet,
    Partner,
    Scope,
    StoredAnswer,
    find_api_key,
    hash_api_key,
    key_finder,
    partner_scopes,
)
from companies.models.users import User, UserManager

__all__ = [
    "COLLECTOR_SCOPES",
    "KNOWN_FOR",
    "OF_COLLECTORS",
    "AbstractEvent",
    "ActorKind",
    "ApiKey",
    "ApiKeyQuerySet",
    "Authenticator",
    "Company",
    "CompanyEvent",
    "CompanyEventType",
    "CompanyQuerySet",
    "KnownNetwork",
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
    "key_finder",
    "partner_scopes",
]
