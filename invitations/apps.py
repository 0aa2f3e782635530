from typing import ClassVar

from django.apps import AppConfig
from django.conf import settings

from config.redaction import REDACTED, register_secret


class InvitationsConfig(AppConfig):
    name = "invitations"
    verbose_name = "Invitations"
    group_permissions: ClassVar[dict[str, list[str]]] = {
        "Viewer": ["view_invitation"],
        "Inviter": ["add_invitation", "change_invitation"],
    }

    def ready(self) -> None:
        # the token in /p/i/{token} and /p/unsubscribe/{token}, also percent-encoded, inside a message, or with unseen
        # marks in it
        register_secret(r"(/[Pp]/(?:[Ii]|unsubscribe)/)[^\s/?#'\"]+", rf"\1{REDACTED}")
        register_secret(r"(%2[Ff][Pp]%2[Ff](?:[Ii]|unsubscribe)%2[Ff])[^\s/?#'\"]+", rf"\1{REDACTED}")
        # a token by itself, such as a pasted search term: 43 random letters have a capital or a digit among them
        register_secret(r"(?<![A-Za-z0-9_\-])(?=[a-z_\-]*[A-Z0-9])[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])")
        if settings.ANYMAIL_PROVIDER:
            from invitations import receivers  # noqa: F401, PLC0415 - registers the receiver
