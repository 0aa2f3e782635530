"""Prefilled values of an invitation, and the locks that keep the contributor from changing them."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext as _

from config.exceptions import FieldErrors, InvalidField

LOCKABLE = (
    "datasource_id",
    "url",
    "initial_sites",
    "utility_types",
    "country",
    "connection_owner_email",
    "data_collection_start_date",
)
WIRE_NAMES = {
    "datasource_id": "datasourceId",
    "url": "url",
    "initial_sites": "initialSites",
    "utility_types": "utilityTypes",
    "country": "country",
    "connection_owner_email": "connectionOwnerEmail",
    "data_collection_start_date": "dataCollectionStartDate",
    "locked_fields": "lockedFields",
}


@dataclass(frozen=True)
class Prefill:
    """Prefilled values by the services' field names. `to_json` and `from_json` use the API's names."""

    datasource_id: UUID | None = None
    url: str | None = None
    initial_sites: tuple[UUID, ...] = ()
    utility_types: tuple[str, ...] = ()
    country: str | None = None
    connection_owner_email: str | None = None
    data_collection_start_date: date | None = None
    locked_fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        errors = FieldErrors()
        errors.check(self._check_provider)
        for index, name in enumerate(self.locked_fields):
            errors.check(self._check_lock, index, name)
        errors.raise_all()

    def _check_provider(self) -> None:
        if self.datasource_id and self.url:
            raise InvalidField(("prefill", "url"), _("Give a datasourceId or a url, and not both."))

    def _check_lock(self, index: int, name: str) -> None:
        if not getattr(self, name):
            message = _("%(field)s is locked but has no value.") % {"field": WIRE_NAMES[name]}
            raise InvalidField(("prefill", "locked_fields", index), message)

    def is_locked(self, name: str) -> bool:
        return name in self.locked_fields

    @property
    def locks_provider(self) -> bool:
        return self.is_locked("datasource_id") or self.is_locked("url")

    @property
    def locks_coverage(self) -> bool:
        return self.is_locked("utility_types") and self.is_locked("initial_sites")

    def to_json(self) -> dict[str, Any]:
        """Return the given values only, in the API's names and formats."""
        document: dict[str, Any] = {}
        for field in fields(self):
            if value := getattr(self, field.name):
                document[WIRE_NAMES[field.name]] = _to_wire(field.name, value)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        names = {wire: name for name, wire in WIRE_NAMES.items()}
        return cls(**{names[wire]: _from_wire(names[wire], value) for wire, value in document.items()})


def _to_wire(name: str, value: Any) -> Any:
    if name == "locked_fields":
        return [WIRE_NAMES[locked] for locked in value]
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return value if isinstance(value, str) else str(value)


def _from_wire(name: str, value: Any) -> Any:
    match name:
        case "datasource_id":
            return UUID(value)
        case "initial_sites":
            return tuple(UUID(item) for item in value)
        case "data_collection_start_date":
            return date.fromisoformat(value)
        case "locked_fields":
            return tuple(name for name, wire in WIRE_NAMES.items() if wire in value)
        case "utility_types":
            return tuple(value)
    return value
