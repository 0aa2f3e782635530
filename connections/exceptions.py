from config.exceptions import DomainError


class ImpossibleStatusChange(DomainError):
    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = "The connection cannot change from its current status to this one."

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"A connection that is {old} cannot become {new}.")


class NotAnOutcome(DomainError):
    code = "IMPOSSIBLE_STATUS_CHANGE"
    default_message = "PENDING is not the outcome of a check: only new credentials lead back to it."


class StaleReport(DomainError):
    code = "CREDENTIALS_CHANGED"
    default_message = "The credentials were changed in the meantime. Read them again and check again."


class CredentialsUnreadable(DomainError):
    """The stored value was altered or moved to another row, or its key is missing."""

    code = "CREDENTIALS_UNREADABLE"
    default_message = "The stored credentials cannot be read. The connection needs new ones."
