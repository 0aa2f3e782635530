"""Initial values of the form from its draft."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from connections.models import Datasource
from invitations.services.form_drafts import KeptForm

SINGLE = ("provider", "country", "owner_email", "collection_start_date")
MULTIPLE = ("all_sites", "sites", "utility_types")


def initial_of_draft(draft: KeptForm, *, locked: Collection[str]) -> dict[str, Any]:
    """Values of fields that are not locked. A provider that the catalogue no longer has is left out."""
    values = {name: list(typed) for name, typed in draft.values.items() if name not in locked}
    initial: dict[str, Any] = {name: (values[name] or [""])[0] for name in SINGLE if name in values}
    initial |= {name: values[name] for name in MULTIPLE if name in values}
    if "provider" in values:
        chosen = (values.get("datasource") or [""])[0]
        initial["datasource"] = _find_datasource(chosen)
        if chosen and initial["datasource"] is None:
            del initial["datasource"], initial["provider"]
    return initial


def _find_datasource(chosen: str) -> Datasource | None:
    try:
        return Datasource.objects.filter(pk=UUID(chosen)).first()
    except ValueError:
        return None
