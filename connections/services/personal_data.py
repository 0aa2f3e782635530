from config.db.personal_data import PersonalColumn
from connections.models import Connection, ConnectionEvent

PERSONAL_COLUMNS = (
    PersonalColumn(Connection, "owner_email", becomes_null=True),
    PersonalColumn(Connection, "verified_email", becomes_null=True),
    PersonalColumn(Connection, "status_error_detail"),
    PersonalColumn(Connection, "contributor_message"),
    PersonalColumn(Connection, "suspended"),
    PersonalColumn(Connection, "external_id"),
    PersonalColumn(Connection, "metadata"),
    PersonalColumn(ConnectionEvent, "email"),
    PersonalColumn(ConnectionEvent, "detail"),
)
