"""Connection status, and the transitions between them."""

from django.db import models


class Status(models.TextChoices):
    PENDING = "PENDING", "Waiting to be checked"
    CONNECTED = "CONNECTED", "Connected"
    UNDER_INVESTIGATION = "UNDER_INVESTIGATION", "Being looked into"
    PASSWORD_INCORRECT = "PASSWORD_INCORRECT", "User name or password refused"
    MFA_TOKEN_EXPIRED = "MFA_TOKEN_EXPIRED", "Second factor expired"
    NEW_PASSWORD_NEEDED = "NEW_PASSWORD_NEEDED", "New password needed"
    ADDITIONAL_CREDENTIALS_NEEDED = "ADDITIONAL_CREDENTIALS_NEEDED", "More details needed"
    WEBSITE_DOWN = "WEBSITE_DOWN", "Provider’s site is down"
    URL_INACCESSIBLE = "URL_INACCESSIBLE", "Login page cannot be reached"
    NO_ACCOUNTS_FOUND = "NO_ACCOUNTS_FOUND", "No accounts found"
    OTHER_ERROR = "OTHER_ERROR", "Could not be checked"
    COMPANY_INACTIVE = "COMPANY_INACTIVE", "Company inactive"
    DISABLED = "DISABLED", "Disabled"


# possible outcomes of a check; only new credentials lead back to PENDING
OUTCOMES = frozenset(Status) - {Status.PENDING, Status.DISABLED}

TRANSITIONS: dict[Status, frozenset[Status]] = {status: frozenset(Status) - {status} for status in Status} | {
    # left by new credentials, and when the company becomes active
    Status.COMPANY_INACTIVE: frozenset({Status.PENDING, Status.DISABLED}),
    # has no credentials, and is not checked again until it gets new ones
    Status.DISABLED: frozenset({Status.PENDING}),
}

# may change without new credentials; the contributor's page follows them
MAY_RECOVER = frozenset({Status.UNDER_INVESTIGATION, Status.WEBSITE_DOWN, Status.URL_INACCESSIBLE, Status.OTHER_ERROR})

# the contributor can repair these with new credentials
REPAIRABLE = frozenset(
    {
        Status.PASSWORD_INCORRECT,
        Status.MFA_TOKEN_EXPIRED,
        Status.NEW_PASSWORD_NEEDED,
        Status.ADDITIONAL_CREDENTIALS_NEEDED,
        Status.NO_ACCOUNTS_FOUND,
    }
)

# invitations to repair end: there is nothing to repair
ENDS_REPAIRS = frozenset({Status.CONNECTED, Status.DISABLED})
