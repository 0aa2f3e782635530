from companies.admin.api_keys import ApiKeyAdmin
from companies.admin.companies import CompanyAdmin, SiteAdmin, search_companies
from companies.admin.groups import StaffGroupAdmin
from companies.admin.limits import CompanyLimitedAdmin, UnlimitedAdmin, limit_of
from companies.admin.mailbox import StoredMailAdmin
from companies.admin.partners import PartnerAdmin
from companies.admin.users import StaffAdmin
from companies.admin.webhooks.deliveries import WebhookDeliveryAdmin
from companies.admin.webhooks.endpoints import WebhookEndpointAdmin

__all__ = [
    "ApiKeyAdmin",
    "CompanyAdmin",
    "CompanyLimitedAdmin",
    "PartnerAdmin",
    "SiteAdmin",
    "StaffAdmin",
    "StaffGroupAdmin",
    "StoredMailAdmin",
    "UnlimitedAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "limit_of",
    "search_companies",
]
