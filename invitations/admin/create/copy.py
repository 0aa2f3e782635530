"""Initial values of the form, copied from another invitation."""

from typing import Any

from invitations.admin.create.limits import SPANS
from invitations.admin.create.prefill import NAMES
from invitations.admin.create.terms import TEXTS
from invitations.models import Invitation
from invitations.models.prefill import Prefill


def initial_from(invitation: Invitation) -> dict[str, Any]:
    """Everything but the link, by the names of the form."""
    return {
        **{name: getattr(invitation, name) for name in TEXTS},
        "locale": invitation.locale if invitation.is_locale_chosen else "",
        "company": str(invitation.company_id),
        "invitation_type": invitation.invitation_type,
        "connection": str(invitation.connection_id or ""),
        "allowed_emails": "\n".join(invitation.allowed_emails),
        "sends_reminders": invitation.sends_reminders,
        "allows_forwarding": invitation.allows_forwarding,
        "metadata": "\n".join(f"{name}: {text}" for name, text in invitation.metadata.items()),
        "max_uses": invitation.max_uses,
        "uses": {None: "any", 1: "one"}.get(invitation.max_uses, "number"),
        **_expiry(invitation),
        **_prefill(invitation.prefilled),
    }


def _expiry(invitation: Invitation) -> dict[str, str]:
    """The same span, if the form offers it. An end date is not copied: it may be over."""
    if invitation.expires_at is None:
        return {"expires": "never"}
    days = str(round((invitation.expires_at - invitation.created_at).total_seconds() / 86_400))
    return {"expires": days} if days in SPANS else {}


def _prefill(prefill: Prefill) -> dict[str, Any]:
    values = {name: getattr(prefill, field) for field, name in NAMES.items()}
    values["provider"] = str(prefill.datasource_id or "")
    values["sites"] = [str(site_id) for site_id in prefill.initial_sites]
    values["utility_types"] = list(prefill.utility_types)
    locked = {"provider" if field == "url" else NAMES[field] for field in prefill.locked_fields}
    return values | {f"lock_{name}": True for name in locked}
