"""The states of a connection, and the table of moves between them."""

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


# What a collector may learn. PENDING is not an outcome: only new credentials lead back to it.
OUTCOMES = frozenset(Status) - {Status.PENDING}

TRANSITIONS: dict[Status, frozenset[Status]] = {
    status: OUTCOMES - {status} | ({Status.PENDING} if status != Status.PENDING else set()) for status in Status
} | {
    # an inactive company's connection is not checked until somebody gives credentials again
    Status.COMPANY_INACTIVE: frozenset({Status.PENDING}),
}

# what may pass without anybody giving other login details: whoever waits is told when it does
MAY_RECOVER = frozenset({Status.UNDER_INVESTIGATION, Status.WEBSITE_DOWN, Status.URL_INACCESSIBLE, Status.OTHER_ERROR})

# what the contributor can put right with other login details
REPAIRABLE = frozenset(
    {
        Status.PASSWORD_INCORRECT,
        Status.MFA_TOKEN_EXPIRED,
        Status.NEW_PASSWORD_NEEDED,
        Status.ADDITIONAL_CREDENTIALS_NEEDED,
        Status.NO_ACCOUNTS_FOUND,
    }
)
