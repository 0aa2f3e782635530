from config.db.metadata import MAX_METADATA_KEY_LENGTH, MAX_METADATA_VALUE_LENGTH
from config.db.personal_data import PersonalColumn
from connections.models import Connection, ConnectionEvent

PERSONAL_COLUMNS = (
    PersonalColumn(Connection, "url"),
    PersonalColumn(Connection, "owner_email", holds="address", becomes_null=True),
    PersonalColumn(Connection, "verified_email", holds="address", becomes_null=True),
    PersonalColumn(Connection, "status_error_detail"),
    PersonalColumn(Connection, "contributor_message"),
    PersonalColumn(Connection, "suspended"),
    PersonalColumn(Connection, "external_id", holds="reference"),
    PersonalColumn(
        Connection, "metadata", max_length=MAX_METADATA_VALUE_LENGTH, max_name_length=MAX_METADATA_KEY_LENGTH
    ),
    PersonalColumn(ConnectionEvent, "email", holds="address"),
    PersonalColumn(ConnectionEvent, "detail"),
)
