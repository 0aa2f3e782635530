"""Bodies of actions on invitations, and what they share with creations."""

from typing import Any

from django.db.models import TextChoices

from config.api.fields import SingleLineField, StrictCharField, StrictChoiceField, StrictListField, StrictSerializer
from invitations.models import MAX_ALLOWED_EMAILS
from invitations.services.invitations import MAX_REASON_LENGTH

OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class IfOpenExists(TextChoices):
    """Response to a creation for recipients who have an open invitation."""

    CREATE = "create"
    REFUSE = "refuse"
    RETURN = "return"


class IfOpenExistsField(StrictChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            IfOpenExists.values,
            help_text="If an active invitation for the same recipients exists: `refuse` answers 409 with its id, "
            "`return` answers 200 with it and changes nothing, `create` (default) creates another one. Recipients are "
            "the same if both lists of `allowedEmails` have an entry in common, in the same company or, for a repair, "
            "for the same connection.",
            **kwargs,
        )


class ResendInvitation(StrictSerializer):
    """Recipients. An empty object, or no body: all allowed addresses."""

    example = {"emails": ["jane@example.com"]}
    emails = StrictListField(
        child=StrictCharField(max_length=254),
        **OPTIONAL,
        max_length=MAX_ALLOWED_EMAILS,
        help_text="Some of the allowed addresses. Omitted: all of them.",
    )


class RevokeInvitation(StrictSerializer):
    """Reason for the event log. The body may be omitted."""

    example = {"reason": "Sent to the wrong person"}
    reason = SingleLineField(max_length=MAX_REASON_LENGTH, **OPTIONAL)
