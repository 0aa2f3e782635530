from django.contrib.admin.models import LogEntry

from companies.models import (
    ApiKey,
    Branding,
    Company,
    CompanyEvent,
    Partner,
    PartnerEvent,
    Site,
    StoredMail,
    User,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookEvent,
)
from config.db.personal_data import PersonalColumn

PERSONAL_COLUMNS = (
    PersonalColumn(Partner, "name"),
    PersonalColumn(Partner, "redirect_urls"),
    PersonalColumn(ApiKey, "name"),
    PersonalColumn(Company, "name"),
    PersonalColumn(Company, "external_id", holds="reference"),
    PersonalColumn(Company, "reply_to", holds="address", becomes_null=True),
    PersonalColumn(Branding, "display_name"),
    PersonalColumn(Branding, "support_email", holds="address", becomes_null=True),
    PersonalColumn(Branding, "privacy_url"),
    PersonalColumn(Site, "name"),
    PersonalColumn(Site, "address"),
    PersonalColumn(Site, "external_id", holds="reference"),
    PersonalColumn(StoredMail, "email", holds="address"),
    PersonalColumn(CompanyEvent, "email", holds="address"),
    PersonalColumn(CompanyEvent, "detail"),
    PersonalColumn(User, "email", holds="address"),
    PersonalColumn(User, "name"),
    PersonalColumn(WebhookEndpoint, "url"),
    PersonalColumn(WebhookEndpoint, "description"),
    PersonalColumn(WebhookEndpoint, "contact_email", holds="address", becomes_null=True),
    PersonalColumn(WebhookEvent, "email", holds="address"),
    PersonalColumn(WebhookEvent, "detail"),
    PersonalColumn(LogEntry, "object_repr"),
    PersonalColumn(LogEntry, "change_message"),
)
# searched after the resources that they show: a change that is just published with the address has ended by then
PUBLISHED_COLUMNS = (
    PersonalColumn(PartnerEvent, "data"),
    PersonalColumn(PartnerEvent, "previous"),
    PersonalColumn(PartnerEvent, "context"),
    PersonalColumn(WebhookAttempt, "url"),
    PersonalColumn(WebhookAttempt, "answer"),
    PersonalColumn(WebhookAttempt, "error"),
)
