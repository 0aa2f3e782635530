from typing import ClassVar

from django.apps import AppConfig
from django.conf import settings


class InvitationsConfig(AppConfig):
    name = "invitations"
    verbose_name = "Invitations"
    group_permissions: ClassVar[dict[str, list[str]]] = {
        "Viewer": ["view_invitation"],
        "Inviter": ["add_invitation", "change_invitation"],
    }

    def ready(self) -> None:
        if settings.ANYMAIL_PROVIDER:
            from invitations import receivers as reports  # noqa: F401, PLC0415 - listens to the provider's reports
