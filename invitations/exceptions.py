"""What invitations refuse, each with its own words for the person and what to do next."""

from typing import ClassVar, NamedTuple
from uuid import UUID

from config.durations import describe_seconds
from config.exceptions import DomainError

IT_WORKS = (
    "The login works: there is nothing to do at the moment. If it changes, ask whoever sent this to you for a new one."
)


class ClosedWords(NamedTuple):
    default_message: str
    next_step: str


class Closed(DomainError):
    """The link leads nowhere any more. `title` and `next_step` are for the contributor's page.

    With `repairs` it is an invitation to repair that is closed, in its own words where it has some; with `works` the
    login it asked for works now.
    """

    title: ClassVar[str]
    words: ClassVar[ClosedWords]
    words_of_repair: ClassVar[ClosedWords | None] = None

    def __init__(self, *, repairs: bool = False, works: bool = False) -> None:
        sentence, self.next_step = (repairs and self.words_of_repair) or self.words
        if works:
            self.next_step = IT_WORKS
        super().__init__(sentence)


class InvitationRevoked(Closed):
    code = "INVITATION_REVOKED"
    title = "This invitation was withdrawn"
    words = ClosedWords(
        "The invitation was revoked and cannot be used any more.",
        "If you think this is a mistake, ask whoever sent it to you for a new one.",
    )
    words_of_repair = ClosedWords(
        "It was about the login of an account, and the login cannot be given through it any more.",
        "If you think this is a mistake, ask whoever sent it to you for a new one.",
    )


class InvitationFulfilled(Closed):
    code = "INVITATION_FULFILLED"
    title = "This invitation has been used"
    words = ClosedWords(
        "Every login this invitation was for has been given.",
        "To connect another account, ask whoever sent it to you for a new one.",
    )
    words_of_repair = ClosedWords(
        "The login it asked for has been given.",
        "If the login has to be changed once more, ask whoever sent it to you for a new one.",
    )


class InvitationExpired(Closed):
    code = "INVITATION_EXPIRED"
    title = "This invitation has expired"
    words = ClosedWords(
        "The invitation was valid for a limited time, and that time is over.",
        "Ask whoever sent it to you for a new one. Nothing you do here can go wrong in the meantime.",
    )
    words_of_repair = ClosedWords(
        "The login could be given for a limited time, and that time is over.",
        "If the login still does not work, ask whoever sent it to you for a new one.",
    )


class ProviderGone(Closed):
    code = "PROVIDER_GONE"
    title = "This invitation needs a correction"
    words = ClosedWords(
        "It is for one provider only, and that provider is not in our list any more.",
        "Ask whoever sent it to you for a new one. It is nothing that you have done.",
    )


class AddressRemoved(Closed):
    """The invitation is restricted, and whoever gave the login has proved none of the addresses that are on it now."""

    code = "ADDRESS_REMOVED"
    title = "The login cannot be changed here any more"
    words = ClosedWords(
        "The invitation is for other email addresses now than the one you used here.",
        "If the login still has to be changed, ask whoever sent it to you for a new one.",
    )


class ProofRequired(DomainError):
    status = 403
    code = "EMAIL_PROOF_REQUIRED"
    default_message = "This invitation is for certain email addresses. Verify yours first."


class RateLimitExceeded(DomainError):
    """Too often from one place. `retry_after` is in seconds."""

    status = 429
    code = "TOO_MANY_ATTEMPTS"
    default_message = "That was too often. Wait a little, then try again."

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"That was too often. Please try again in {describe_seconds(retry_after)}.")
        self.retry_after = retry_after


class MaxUsesBelowUseCount(DomainError):
    code = "MAX_USES_BELOW_USE_COUNT"
    default_message = "More connections were made than that. The number of uses cannot be lower."


class ChangedMeanwhile(DomainError):
    code = "CHANGED_MEANWHILE"
    default_message = "It has been changed in the meantime. Look at it, then change it again."


class WrongCode(DomainError):
    status = 400
    code = "WRONG_CODE"
    default_message = "That is not the code. Check the newest mail, then try again."


class CodeExpired(DomainError):
    status = 400
    code = "CODE_EXPIRED"
    default_message = "That code is too old. Ask for a new one below."


class CodeAttemptsExceeded(DomainError):
    status = 400
    code = "TOO_MANY_TRIES"
    default_message = "That was one try too many, and the code no longer works. Ask for a new one below."


class LinkBelongsElsewhere(DomainError):
    status = 403
    code = "LINK_USED_IN_ANOTHER_BROWSER"
    default_message = "This link was opened in another browser first. We can send you a code instead."


class NothingToCorrect(DomainError):
    code = "NOTHING_TO_CORRECT"
    default_message = "There is nothing to correct at the moment. Look at the state above."


class NothingToCreate(DomainError):
    code = "NOTHING_TO_CREATE"
    default_message = "No row is ready. The list below says why."


class BatchStarted(DomainError):
    code = "BATCH_STARTED"
    default_message = "The invitations are being created. They can be revoked, but the batch stays."


class SubmittedBefore(DomainError):
    """The same form was sent before. `invitation_id` names what it made."""

    code = "SUBMITTED_BEFORE"
    default_message = (
        "This form was sent before, and made this invitation. To make another, choose “Invite somebody else”."
    )

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__()
        self.invitation_id = invitation_id
