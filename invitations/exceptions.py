"""Exceptions of invitations. The words of the contributor's pages stand in `templates/invitations/`."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from config.durations import describe_seconds
from config.exceptions import DomainError


class InvitationClosed(DomainError):
    """The link cannot be used any more: 410 on the contributor's pages, which have a template for each subclass."""


class InvitationRevoked(InvitationClosed):
    code = "INVITATION_REVOKED"
    default_message = _("The invitation was revoked and cannot be used any more.")


class InvitationRecovered(InvitationRevoked):
    """The connection works again, so an invitation to repair it has ended, or ends in a moment."""

    default_message = _("The connection works again, so the invitation to repair it has ended.")


class ConnectionClosed(InvitationRevoked):
    """The connection was disabled or deleted, so the invitation to repair it has ended, or ends in a moment."""

    default_message = _("The connection was disabled, so the invitation to repair it has ended.")


class InvitationPaused(InvitationClosed):
    """The company is not active. The same link works again when it is."""

    code = "COMPANY_INACTIVE"
    default_message = _("The company is not active. Its invitations cannot be used.")


class InvitationFulfilled(InvitationClosed):
    code = "INVITATION_FULFILLED"
    default_message = _("The invitation has been used as often as it allows.")


class InvitationExpired(InvitationClosed):
    code = "INVITATION_EXPIRED"
    default_message = _("The invitation has expired.")


class OpenInvitationExists(DomainError):
    """`invitation_id` is an active invitation for the same recipients."""

    code = "OPEN_INVITATION_EXISTS"
    default_message = _("An open invitation for the same recipient exists: see invitationId.")
    members = ("invitation_id",)

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__()
        self.invitation_id = invitation_id


class ProviderGone(InvitationClosed):
    code = "PROVIDER_GONE"
    default_message = _("The only provider that the invitation allows is not in the catalogue any more.")


class AddressRemoved(InvitationClosed):
    """The browser has verified none of the addresses that the restricted invitation has now."""

    code = "ADDRESS_REMOVED"
    default_message = _("The invitation does not allow this email address any more.")


class LinkOfRemovedAddress(InvitationClosed):
    code = "LINK_OF_REMOVED_ADDRESS"
    default_message = _("The address that this link was sent to is not on the invitation any more.")


class LinkWorks(DomainError):
    code = "LINK_WORKS"
    default_message = _("The link works, so no new one is needed.")


class LinkRequestDecided(DomainError):
    code = "LINK_REQUEST_DECIDED"
    default_message = _("The request was answered before. Nothing was changed now.")


class ForwardingNotAllowed(DomainError):
    """The invitation does not allow it, or anyone with the link may use it anyway."""

    status = 403
    code = "FORWARDING_NOT_ALLOWED"
    default_message = _("This invitation cannot be passed on here.")


class ForwardingUsedUp(DomainError):
    code = "FORWARDING_USED_UP"
    default_message = _("This invitation was passed on as often as it allows. Please ask the person who sent it.")


class ProofRequired(DomainError):
    status = 403
    code = "EMAIL_PROOF_REQUIRED"
    default_message = _("This invitation is for certain email addresses. Verify yours first.")


class RateLimitExceeded(DomainError):
    """`retry_after` is in seconds."""

    status = 429
    code = "TOO_MANY_ATTEMPTS"
    default_message = _("Please wait a little, then try again.")

    def __init__(self, retry_after: int) -> None:
        message = _("Please wait %(wait)s, then try again.")
        super().__init__(message % {"wait": describe_seconds(retry_after)})
        self.retry_after = retry_after


class TooManyMails(RateLimitExceeded):
    """A request that mails many invitations has reached its own limit."""

    default_message = _("A request mails 5,000 addresses at most. Send another one for the rest.")

    def __init__(self) -> None:
        DomainError.__init__(self)
        self.retry_after = 1


class MaxUsesBelowUseCount(DomainError):
    code = "MAX_USES_BELOW_USE_COUNT"
    default_message = _("The invitation has been used more often than that already. Choose a higher number.")


class AddressOfStaff(DomainError):
    code = "ADDRESS_OF_STAFF"
    default_message = _("A member of staff logs in with this address. Deactivate the account first, then erase.")


class ChangedMeanwhile(DomainError):
    code = "CHANGED_MEANWHILE"
    default_message = _("The invitation was changed in the meantime. Look at it again, then repeat your change.")


class WrongCode(DomainError):
    status = 400
    code = "WRONG_CODE"
    default_message = _("That code is not right. Check the newest mail, then try again.")


class CodeExpired(DomainError):
    status = 400
    code = "CODE_EXPIRED"
    default_message = _("That code is too old. Ask for a new one below.")


class CodeAttemptsExceeded(DomainError):
    status = 429
    code = "TOO_MANY_TRIES"
    default_message = _("There were too many wrong codes, so this one no longer works. Ask for a new one below.")


class LinkUsedInAnotherBrowser(DomainError):
    status = 403
    code = "LINK_USED_IN_ANOTHER_BROWSER"
    default_message = _("This link was opened in another browser first. We can send you a code instead.")


class NothingToCorrect(DomainError):
    code = "NOTHING_TO_CORRECT"
    default_message = _("There is nothing to correct at the moment, so what you typed was not saved.")


class SavedBefore(DomainError):
    """The form with this `form_id` was saved before with other values, which stay."""

    code = "SAVED_BEFORE"
    default_message = _("This form was saved before. What you typed now was not saved.")

    def __init__(self, form_id: UUID) -> None:
        super().__init__()
        self.form_id = form_id


class ConnectedBefore(DomainError):
    """The use `use_id` of the invitation connected the same user name at the same provider."""

    code = "CONNECTED_BEFORE"
    default_message = _("This account was connected before. Nothing was saved now.")

    def __init__(self, use_id: UUID) -> None:
        super().__init__()
        self.use_id = use_id


class NothingToCreate(DomainError):
    code = "NOTHING_TO_CREATE"
    default_message = _("No row is ready. The list below says why.")


class BatchStarted(DomainError):
    code = "BATCH_STARTED"
    default_message = _("The invitations are being created. You can revoke them, but the bulk invitation stays.")


class SubmittedBefore(DomainError):
    """The same form was sent before. `invitation_id` names what it made."""

    code = "SUBMITTED_BEFORE"
    default_message = _(
        "This form was sent before, and created this invitation. To create another, choose “Create another invitation”."
    )

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__()
        self.invitation_id = invitation_id
