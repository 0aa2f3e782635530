"""Log of the working links that Viewers saw. With the link, anyone may use an invitation."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils import timezone

from invitations.models import Invitation

MESSAGE = "Saw the link."
ONCE_PER = timedelta(days=1)


def log_link_shown(request: HttpRequest, invitation: Invitation) -> None:
    """Record that a member who may only view saw the link, once a day for each invitation. Others act on it."""
    user: Any = request.user
    if user.has_perm("invitations.change_invitation"):
        return
    seen = LogEntry.objects.filter(
        user=user,
        content_type=ContentType.objects.get_for_model(Invitation),
        object_id=str(invitation.pk),
        change_message=MESSAGE,
        action_time__gt=timezone.now() - ONCE_PER,
    )
    if not seen.exists():
        LogEntry.objects.log_actions(user.pk, [invitation], CHANGE, change_message=MESSAGE, single_object=True)
