from django.contrib.admin.models import LogEntry

from companies.models import Company, CompanyEvent, User
from config.db.personal_data import PersonalColumn

PERSONAL_COLUMNS = (
    PersonalColumn(Company, "reply_to", becomes_null=True),
    PersonalColumn(CompanyEvent, "email"),
    PersonalColumn(CompanyEvent, "detail"),
    PersonalColumn(User, "email"),
    PersonalColumn(User, "name"),
    PersonalColumn(LogEntry, "object_repr"),
    PersonalColumn(LogEntry, "change_message"),
)
