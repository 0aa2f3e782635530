from django.contrib.admin.models import LogEntry

from companies.models import ApiKey, Company, CompanyEvent, Partner, Site, User
from config.db.personal_data import PersonalColumn

PERSONAL_COLUMNS = (
    PersonalColumn(Partner, "name"),
    PersonalColumn(Partner, "redirect_urls"),
    PersonalColumn(ApiKey, "name"),
    PersonalColumn(Company, "name"),
    PersonalColumn(Company, "external_id", holds="reference"),
    PersonalColumn(Company, "reply_to", holds="address", becomes_null=True),
    PersonalColumn(Site, "name"),
    PersonalColumn(Site, "address"),
    PersonalColumn(Site, "external_id", holds="reference"),
    PersonalColumn(CompanyEvent, "email", holds="address"),
    PersonalColumn(CompanyEvent, "detail"),
    PersonalColumn(User, "email", holds="address"),
    PersonalColumn(User, "name"),
    PersonalColumn(LogEntry, "object_repr"),
    PersonalColumn(LogEntry, "change_message"),
)
