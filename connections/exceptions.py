from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import DomainError


class ImpossibleStatusChange(DomainError):
    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = gettext_lazy("The connection cannot change from its current status to this one.")

    def __init__(self, old: str, new: str) -> None:
        super().__init__(_("A connection that is %(old)s cannot become %(new)s.") % {"old": old, "new": new})


class NotAnOutcome(DomainError):
    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = gettext_lazy("PENDING is not the outcome of a check: only new credentials lead back to it.")


class StaleReport(DomainError):
    code = "CREDENTIALS_CHANGED"
    default_message = gettext_lazy("The credentials were changed in the meantime. Read them again and check again.")


class CredentialsUnreadable(DomainError):
    """The stored value was altered or moved to another row, or its key is missing."""

    code = "CREDENTIALS_UNREADABLE"
    default_message = gettext_lazy("The stored credentials cannot be read. The connection needs new ones.")


class CredentialsDeleted(DomainError):
    code = "CREDENTIALS_DELETED"
    default_message = gettext_lazy("The connection was disabled and its credentials were deleted.")


class LoginPageMoved(DomainError):
    """The credentials were given for another host. Only new ones, for the present host, are handed out."""

    code = "LOGIN_PAGE_MOVED"
    default_message = gettext_lazy(
        "The provider’s login page has moved to another host. Invite the contributor to give the login for it again."
    )
