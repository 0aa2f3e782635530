"""Bodies of operations on many invitations."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from config.api.fields import ReferenceField, StrictListField, StrictSerializer
from config.db.uuid7 import parse_uuid
from invitations.api.bodies import OPTIONAL, IfOpenExistsField
from invitations.api.serializers import CreateInvitation

MOST_ITEMS = 500
MAX_BODY_BYTES = 2 * 1024 * 1024


class BulkItem(CreateInvitation):
    """A new invitation among several. Takes the fields of `createInvitation`; `externalId` is required."""

    externalId = ReferenceField(
        source="external_id", max_length=255, help_text="Your own reference, another one for each item."
    )


class ItemsField(StrictListField):
    """Leaves the items as they are: each is validated by itself, so that an invalid one does not affect the others."""

    def run_child_validation(self, data: Any) -> Any:
        return data


class CreateInvitations(StrictSerializer):
    """Up to 500 new invitations."""

    example: dict[str, Any] = {
        "ifOpenExists": "refuse",
        "items": [{"externalId": "order-7781", "allowedEmails": ["jane@example.com"], "sendEmail": True, "maxUses": 1}],
    }
    items = ItemsField(child=BulkItem(), allow_empty=False, max_length=MOST_ITEMS)
    ifOpenExists = IfOpenExistsField(source="if_open_exists", **OPTIONAL)


def ids_in_prefills(items: list[Any], name: str) -> Iterator[UUID]:
    """Yield the ids that prefills have under this name, also those of invalid items."""
    for item in items:
        prefill = item.get("prefill") if isinstance(item, dict) else None
        value = prefill.get(name) if isinstance(prefill, dict) else None
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (found := parse_uuid(text)):
                yield found
