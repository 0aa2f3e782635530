from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from config.durations import describe_seconds
from config.exceptions import DomainError


class InvalidIdempotencyKey(DomainError):
    status = 400
    code = "INVALID_IDEMPOTENCY_KEY"
    default_message = _(
        "Send one Idempotency-Key of 1 to 255 characters of printable ASCII without commas. "
        "A comma means that several were sent."
    )


class IdempotencyKeyReused(DomainError):
    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    default_message = _("This Idempotency-Key was used with another request.")


class RequestInProgress(DomainError):
    code = "REQUEST_IN_PROGRESS"
    default_message = _("A request with this Idempotency-Key is still running.")


class StoredResponseUnreadable(DomainError):
    code = "STORED_RESPONSE_UNREADABLE"
    default_message = _(
        "The first request with this Idempotency-Key was carried out, but its response cannot be read any more. "
        "Look up what it created."
    )


class RequestLimitReached(DomainError):
    status = 429
    code = "RATE_LIMITED"

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        wait = {"wait": describe_seconds(retry_after)}
        super().__init__(translate("This API key has sent all requests of this minute. Wait %(wait)s.") % wait)


class CompanyInactive(DomainError):
    code = "COMPANY_INACTIVE"
    default_message = _("The company is not active. Activate it first.")


class KeyLimitedToCompanies(DomainError):
    status = 403
    code = "KEY_LIMITED_TO_COMPANIES"
    default_message = _("This API key is limited to chosen companies, so it cannot create others.")


class EventGone(DomainError):
    status = 410
    code = "EVENT_GONE"
    default_message = _(
        "The event in `after` is not kept any more, or is not one of yours. Read without `after`: the feed begins with "
        "the oldest event, 30 days ago. If you read nothing for longer, look up what you missed."
    )


class TooManyWebhooks(DomainError):
    code = "TOO_MANY_WEBHOOKS"
    default_message = _("There are 50 webhook endpoints already. Delete one that is not needed any more.")


class WebhookInactive(DomainError):
    code = "WEBHOOK_INACTIVE"
    default_message = _("Nothing is sent to this webhook endpoint at the moment. Resume it first.")


class NotYoursToChange(DomainError):
    status = 403
    code = "NOT_YOURS_TO_CHANGE"
    default_message = _("You may not change this member of staff. Ask a superuser.")


class NotYoursToGrant(DomainError):
    status = 403
    code = "NOT_YOURS_TO_GRANT"
    default_message = _("You can only grant permissions that you have. Ask a superuser.")


class TestKeyRequired(DomainError):
    status = 403
    code = "TEST_KEY_REQUIRED"
    default_message = _("This is for test keys only. They begin with lk_test_.")


class CollectorKeyRefused(DomainError):
    status = 403
    code = "COLLECTOR_KEY_REFUSED"
    default_message = _("Only superusers create keys for collectors, because such a key opens every password.")


class FreshCodeRequired(DomainError):
    status = 403
    code = "FRESH_CODE_REQUIRED"
    default_message = _("Enter a code from your authenticator app: a collector’s key opens every password.")


class PasswordLinkUsed(DomainError):
    code = "PASSWORD_LINK_USED"
    default_message = _("This link was used already. Log in with your new password.")


class WrongCode(DomainError):
    code = "WRONG_CODE"
    default_message = _("This code is not right, or it was used before. Wait for the next one in your app.")


class OTPThrottled(DomainError):
    status = 429
    code = "TOO_MANY_CODES"

    def __init__(self, *, retry_after: int | None) -> None:
        """`retry_after` in seconds; None: never."""
        self.retry_after = retry_after
        if retry_after is None:
            super().__init__(
                translate(
                    "There were too many wrong codes. Enter one of your recovery codes, or ask an administrator to "
                    "reset your second factor."
                )
            )
        else:
            wait = {"wait": describe_seconds(retry_after)}
            super().__init__(translate("There were too many wrong codes. Wait %(wait)s, then try again.") % wait)


class SetupExpired(DomainError):
    code = "SETUP_EXPIRED"
    default_message = _("The setup took too long. Please begin again.")


class SecondFactorRequired(DomainError):
    code = "SECOND_FACTOR_REQUIRED"
    default_message = _("Every member of staff needs a second factor, so it cannot be turned off.")


class NoSecondFactor(DomainError):
    code = "NO_SECOND_FACTOR"
    default_message = _("There is no second factor. Set it up with “Second factor” at the top of the page.")
