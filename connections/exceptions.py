"""What connections refuse."""

from config.exceptions import DomainError


class ImpossibleStatusChange(DomainError):
    """The table of moves does not lead from the one status to the other."""

    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = "The connection cannot change from its current status to this one."

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"A connection that is {old} cannot become {new}.")


class NotAnOutcome(DomainError):
    """A check was said to have found PENDING, which is what a connection is before a check."""

    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = "PENDING is not the outcome of a check: only new credentials lead back to it."


class StaleReport(DomainError):
    """What was checked is no longer what is stored."""

    code = "CREDENTIALS_CHANGED"
    default_message = "The credentials were changed in the meantime. Read them again and check again."


class CredentialsUnreadable(DomainError):
    """They were altered, moved to another row, or sealed with a key that is gone: new ones mend it."""

    code = "CREDENTIALS_UNREADABLE"
    default_message = "The stored credentials cannot be read. The connection needs new ones."
