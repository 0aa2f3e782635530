"""What the states of a connection mean for the person who gave the login, and what to do next."""

from typing import NamedTuple

from connections.models.status import Status


class Words(NamedTuple):
    title: str
    sentence: str


WORDS = {
    Status.PENDING: Words(
        "We are checking the login",
        "The login is saved. The check can take a few minutes: wait here, or close the page.",
    ),
    Status.CONNECTED: Words("It works", "The login was accepted. You do not need to do anything more."),
    Status.UNDER_INVESTIGATION: Words(
        "We are looking into it", "Something unusual happened, and a person will look at it. You can close the page."
    ),
    Status.PASSWORD_INCORRECT: Words(
        "The provider refused the login",
        "The user name or the password is not right. Please check both, then type them again.",
    ),
    Status.MFA_TOKEN_EXPIRED: Words(
        "The second step did not work",
        "The provider asked for a code from an authenticator. Please give the authenticator key that works there now.",
    ),
    Status.NEW_PASSWORD_NEEDED: Words(
        "The provider wants a new password",
        "Log in at the provider’s own site, choose a new password there, then type it here.",
    ),
    Status.ADDITIONAL_CREDENTIALS_NEEDED: Words(
        "The provider asks for more", "Please fill in what else the provider asks for when you log in there."
    ),
    Status.WEBSITE_DOWN: Words(
        "The provider’s site is down", "Your login may well be right. We try again later; you can close the page."
    ),
    Status.URL_INACCESSIBLE: Words(
        "The provider’s login page cannot be reached",
        "Your login may well be right. Somebody will look at the address; you can close the page.",
    ),
    Status.NO_ACCOUNTS_FOUND: Words(
        "No account was found there",
        "The login was accepted, but there is no account behind it. Please try another login.",
    ),
    Status.OTHER_ERROR: Words(
        "The login could not be checked", "Something went wrong. Somebody will look at it; you can close the page."
    ),
    Status.COMPANY_INACTIVE: Words(
        "The company is not active", "Data is not collected at the moment. You do not need to do anything."
    ),
}
