"""What is connected: utility providers, accounts of companies there, and the credentials to them."""

from connections.models.connection import (
    STATUS_EVENTS,
    Connection,
    ConnectionEvent,
    ConnectionEventType,
    ConnectionQuerySet,
)
from connections.models.credential import Credential
from connections.models.datasource import Datasource, ExtraCredential, UtilityType

__all__ = [
    "STATUS_EVENTS",
    "Connection",
    "ConnectionEvent",
    "ConnectionEventType",
    "ConnectionQuerySet",
    "Credential",
    "Datasource",
    "ExtraCredential",
    "UtilityType",
]
