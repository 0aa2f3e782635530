"""Initial values of the form, in requests and responses."""

from typing import Any

from rest_framework import serializers

from config.api.fields import (
    CountryField,
    StrictCharField,
    StrictChoiceField,
    StrictListField,
    StrictSerializer,
    StrictUUIDField,
)
from config.api.validation import as_nested_errors
from config.exceptions import InvalidField
from connections.models import UtilityType
from invitations.api.bodies import OPTIONAL
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill

PREFILL = {"country": "GB", "utilityTypes": ["ELECTRICITY"], "lockedFields": ["country"]}


class PrefillFields(StrictSerializer):
    """Initial values of the form. Null means omitted."""

    def valid_part(self, data: Any) -> dict[str, Any]:
        """Leave out what depends on other fields, which may be the wrong ones."""
        valid = super().valid_part(data)
        left_out = {"locked_fields", "url" if valid.get("datasource_id") else ""}
        return {name: value for name, value in valid.items() if name not in left_out}

    datasourceId = StrictUUIDField(source="datasource_id", **OPTIONAL, help_text="Provider from the catalogue.")
    url = StrictCharField(max_length=500, **OPTIONAL, help_text="Login page of a provider outside the catalogue.")
    initialSites = StrictListField(
        child=StrictUUIDField(),
        source="initial_sites",
        **OPTIONAL,
        max_length=1000,
        help_text="Sites of the same company.",
    )
    utilityTypes = StrictListField(
        child=StrictChoiceField(UtilityType.choices), source="utility_types", **OPTIONAL, max_length=7
    )
    country = CountryField(**OPTIONAL)
    connectionOwnerEmail = StrictCharField(source="connection_owner_email", max_length=254, **OPTIONAL)
    dataCollectionStartDate = serializers.DateField(
        source="data_collection_start_date", **OPTIONAL, help_text="Between 1970-01-01 and a year from now."
    )
    lockedFields = StrictListField(
        child=StrictChoiceField([WIRE_NAMES[name] for name in LOCKABLE]),
        source="locked_fields",
        **OPTIONAL,
        max_length=len(LOCKABLE),
        help_text="Fields that the contributor sees but cannot change. Each needs a value.",
    )


class WithPrefill(StrictSerializer):
    prefill = PrefillFields(**OPTIONAL)

    def validate_prefill(self, values: dict[str, Any] | None) -> Prefill | None:
        try:
            return None if values is None else to_prefill(values)
        except InvalidField as error:
            raise as_nested_errors(error, below="prefill") from None


def to_prefill(values: dict[str, Any]) -> Prefill:
    """Return the validated body as a `Prefill`. Null means omitted."""
    names = {wire: name for name, wire in WIRE_NAMES.items()}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value
    }
    if "locked_fields" in given:
        given["locked_fields"] = tuple(dict.fromkeys(names[wire] for wire in given["locked_fields"]))
    return Prefill(**given)


class PrefillSerializer(serializers.Serializer[Any]):
    """Initial values of the form. Fields without a value are omitted."""

    datasourceId = serializers.UUIDField(required=False)
    url = serializers.URLField(required=False)
    initialSites = serializers.ListField(child=serializers.UUIDField(), required=False)
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices), required=False)
    country = serializers.CharField(required=False)
    connectionOwnerEmail = serializers.CharField(required=False)
    dataCollectionStartDate = serializers.DateField(required=False)
    lockedFields = serializers.ListField(
        child=serializers.ChoiceField([WIRE_NAMES[name] for name in LOCKABLE]), required=False
    )
