"""Admin of providers and connections. It shows no credentials."""

from connections.admin.connections import ConnectionAdmin
from connections.admin.datasources import DatasourceAdmin

__all__ = ["ConnectionAdmin", "DatasourceAdmin"]
