"""Staff, partners with their API keys, companies with their sites."""

from companies.models.authenticators import Authenticator, RecoveryCode
from companies.models.branding import Brand, Branding, BrandLogo, Logo
from companies.models.companies import Company, CompanyQuerySet, Site, SiteQuerySet, with_brand
from companies.models.company_events import CompanyEvent, CompanyEventType
from companies.models.events import AbstractEvent, ActorKind
from companies.models.feed import EventStream, PartnerEvent, PartnerEventType
from companies.models.key_usage import USES_KEPT, ApiKeyUse, ApiKeyWrite, RequestQuota
from companies.models.known_networks import KNOWN_FOR, KnownNetwork
from companies.models.mailbox import StoredMail, StoredMailQuerySet
from companies.models.partners import (
    BY_CHOICE,
    COLLECTOR_SCOPES,
    OF_COLLECTORS,
    PARTNER_LIMITS,
    SEEN_BY_FOUND_KEY,
    TEST_PREFIX,
    ApiKey,
    ApiKeyQuerySet,
    Partner,
    Scope,
    StoredAnswer,
    World,
    find_api_key,
    hash_api_key,
    key_finder,
    partner_scopes,
    seen_by,
)
from companies.models.users import User, UserManager
from companies.models.webhook_events import WebhookEvent, WebhookEventType
from companies.models.webhooks import (
    MAX_ANSWER_LENGTH,
    Disabled,
    EndpointStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointQuerySet,
    WebhookStatus,
)

__all__ = [
    "BY_CHOICE",
    "COLLECTOR_SCOPES",
    "KNOWN_FOR",
    "MAX_ANSWER_LENGTH",
    "OF_COLLECTORS",
    "PARTNER_LIMITS",
    "SEEN_BY_FOUND_KEY",
    "TEST_PREFIX",
    "USES_KEPT",
    "AbstractEvent",
    "ActorKind",
    "ApiKey",
    "ApiKeyQuerySet",
    "ApiKeyUse",
    "ApiKeyWrite",
    "Authenticator",
    "Brand",
    "BrandLogo",
    "Branding",
    "Company",
    "CompanyEvent",
    "CompanyEventType",
    "CompanyQuerySet",
    "Disabled",
    "EndpointStatus",
    "EventStream",
    "KnownNetwork",
    "Logo",
    "Partner",
    "PartnerEvent",
    "PartnerEventType",
    "RecoveryCode",
    "RequestQuota",
    "Scope",
    "Site",
    "SiteQuerySet",
    "StoredAnswer",
    "StoredMail",
    "StoredMailQuerySet",
    "User",
    "UserManager",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEndpointQuerySet",
    "WebhookEvent",
    "WebhookEventType",
    "WebhookStatus",
    "World",
    "find_api_key",
    "hash_api_key",
    "key_finder",
    "partner_scopes",
    "seen_by",
    "with_brand",
]
