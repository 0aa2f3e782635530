"""Utility providers, companies' accounts at them, and the credentials."""

from connections.models.connection import (
    STATUS_EVENTS,
    Connection,
    ConnectionEvent,
    ConnectionEventType,
    ConnectionQuerySet,
)
from connections.models.credential import Credential
from connections.models.datasource import (
    Datasource,
    ExtraCredential,
    LoginName,
    SecondFactor,
    UtilityType,
    login_host,
    utility_type_names,
)

__all__ = [
    "STATUS_EVENTS",
    "Connection",
    "ConnectionEvent",
    "ConnectionEventType",
    "ConnectionQuerySet",
    "Credential",
    "Datasource",
    "ExtraCredential",
    "LoginName",
    "SecondFactor",
    "UtilityType",
    "login_host",
    "utility_type_names",
]
