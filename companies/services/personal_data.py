from django.contrib.admin.models import LogEntry

from companies.models import Company, User
from config.db.personal_data import PersonalColumn

PERSONAL_COLUMNS = (
    PersonalColumn(Company, "reply_to", becomes_null=True),
    PersonalColumn(User, "email"),
    PersonalColumn(User, "name"),
    PersonalColumn(LogEntry, "object_repr"),
    PersonalColumn(LogEntry, "change_message"),
)
