"""What connections refuse."""

from config.refusals import Refusal


class ImpossibleMove(Refusal):
    code = "IMPOSSIBLE_STATUS_CHANGE"

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"A connection that is {old} cannot become {new}.")


class StaleReport(Refusal):
    code = "CREDENTIALS_CHANGED"
    sentence = "The credentials were changed in the meantime. Read them again and check again."


class CredentialsUnreadable(Refusal):
    """They were altered, moved to another row, or sealed with a key that is gone: new ones mend it."""

    code = "CREDENTIALS_UNREADABLE"
    sentence = "The stored credentials cannot be read. The connection needs new ones."
