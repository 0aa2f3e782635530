"""A new invitation in the place of one that is over."""

from typing import Any

from invitations.admin.create.prefill import NAMES
from invitations.admin.create.terms import SPANS
from invitations.models import Invitation
from invitations.models.prefill import Prefill


def like(invitation: Invitation) -> dict[str, Any]:
    """What the form begins with, in its own names: all that the invitation says. Its link, of course, is a new one."""
    return {
        "company": str(invitation.company_id),
        "invitation_type": invitation.invitation_type,
        "connection": str(invitation.connection_id or ""),
        "allowed_emails": "\n".join(invitation.allowed_emails),
        "message": invitation.message,
        "locale": invitation.locale,
        "redirect_url": invitation.redirect_url,
        "external_id": invitation.external_id,
        "metadata": "\n".join(f"{name}: {text}" for name, text in invitation.metadata.items()),
        "max_uses": invitation.max_uses,
        "uses": {None: "any", 1: "one"}.get(invitation.max_uses, "number"),
        **_life(invitation),
        **_filled_in(invitation.prefilled),
    }


def _life(invitation: Invitation) -> dict[str, str]:
    """As long as the other had, where that is one of the choices; an end on a certain day may be over by now."""
    if invitation.expires_at is None:
        return {"expires": "never"}
    days = str(round((invitation.expires_at - invitation.created_at).total_seconds() / 86_400))
    return {"expires": days} if days in SPANS else {}


def _filled_in(prefill: Prefill) -> dict[str, Any]:
    values = {name: getattr(prefill, service) for service, name in NAMES.items()}
    values["provider"] = str(prefill.datasource_id or "")
    values["sites"] = [str(site_id) for site_id in prefill.initial_sites]
    values["utility_types"] = list(prefill.utility_types)
    locked = {"provider" if service == "url" else NAMES[service] for service in prefill.locked_fields}
    return values | {f"lock_{name}": True for name in locked}
