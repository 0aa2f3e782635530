"""Every change to what is connected."""

from connections.services.catalogue import (
    DatasourceRow,
    check_country,
    check_provider_url,
    create_datasource,
    ensure_demanding_sandbox,
    ensure_sandbox,
    find_datasource,
    load_datasources,
    update_datasource,
)
from connections.services.connections import (
    change_credentials,
    check_start_date,
    create_connection,
    report_status,
)
from connections.services.credentials import (
    Credentials,
    SecurityAnswer,
    read_credentials,
    with_questions,
)

__all__ = [
    "Credentials",
    "DatasourceRow",
    "SecurityAnswer",
    "change_credentials",
    "check_country",
    "check_provider_url",
    "check_start_date",
    "create_connection",
    "create_datasource",
    "ensure_demanding_sandbox",
    "ensure_sandbox",
    "find_datasource",
    "load_datasources",
    "read_credentials",
    "report_status",
    "update_datasource",
    "with_questions",
]
