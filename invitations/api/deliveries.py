"""Mails of an invitation in responses."""

from typing import Any

from rest_framework import serializers

from invitations.models import DeliveryStatus, Fault

NOT_MAILED = ("NOT_MAILED", "Not mailed")
FAULT_HELP = (
    "The side at fault while a mail waits or has failed. `SENDER`: Latchkey’s mail server or its settings; the mail is "
    "tried again for five days. `RECEIVER`: the mailbox or its server cannot take mails now; tried again for 25 hours. "
    "`ADDRESS`: correct the address. `LIMIT`: the address or your account got too many mails; the mail waits for its "
    "turn, for two days at most. Null: no fault, or the mail is no longer wanted. More values may follow."
)


class DeliverySerializer(serializers.Serializer[Any]):
    """Delivery of the mail to one address."""

    email = serializers.CharField()
    status = serializers.ChoiceField(
        [*DeliveryStatus.choices, NOT_MAILED],
        help_text="`NOT_MAILED`: the address was added to a mailed invitation, and no mail was asked for.",
    )
    attempts = serializers.IntegerField()
    lastAttemptAt = serializers.DateTimeField(source="last_attempt_at", allow_null=True)
    lastError = serializers.CharField(source="last_error", allow_null=True, help_text="Explanation in English.")
    fault = serializers.ChoiceField(Fault.choices, allow_null=True, help_text=FAULT_HELP)


class ResentSerializer(serializers.Serializer[Any]):
    """Mails that were queued again."""

    example = {"mails": 15, "invitations": 12, "hasMore": False}
    mails = serializers.IntegerField()
    invitations = serializers.IntegerField(help_text="Number of invitations that these mails belong to.")
    hasMore = serializers.BooleanField(help_text="True if there are more: call again.")
