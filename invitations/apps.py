from django.apps import AppConfig
from django.conf import settings


class InvitationsConfig(AppConfig):
    name = "invitations"
    verbose_name = "Invitations"

    def ready(self) -> None:
        if settings.ANYMAIL_PROVIDER:
            from invitations import reports  # noqa: F401, PLC0415 - listens to the provider's reports
