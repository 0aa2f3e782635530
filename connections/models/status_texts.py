"""Texts for the person who gave the login: what a connection's status means, and what to do next."""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from connections.models.status import Status

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StatusText(NamedTuple):
    title: "StrOrPromise"
    explanation: "StrOrPromise"


STATUS_TEXTS = {
    Status.PENDING: StatusText(
        _("We are checking the login"),
        _("The login is saved. The check can take a few minutes. You can wait here or close the page."),
    ),
    Status.CONNECTED: StatusText(
        _("It works"),
        _("The login was accepted. You do not need to do anything more."),
    ),
    Status.UNDER_INVESTIGATION: StatusText(
        _("We are looking into it"),
        _("Something unusual happened, and a person will look at it. You can close the page."),
    ),
    Status.PASSWORD_INCORRECT: StatusText(
        _("The provider refused the login"),
        _("The user name or the password is not right. Please check both, then type them again."),
    ),
    Status.MFA_TOKEN_EXPIRED: StatusText(
        _("The second step did not work"),
        _(
            "The provider asked for a code from an authenticator. "
            "Please give the authenticator key that works there now."
        ),
    ),
    Status.NEW_PASSWORD_NEEDED: StatusText(
        _("The provider wants a new password"),
        _("Log in at the provider’s own site and choose a new password there. Then type it here."),
    ),
    Status.ADDITIONAL_CREDENTIALS_NEEDED: StatusText(
        _("The provider asks for more"),
        _("Please fill in what else the provider asks for when you log in there."),
    ),
    Status.WEBSITE_DOWN: StatusText(
        _("The provider’s site is down"),
        _("Your login may well be right. We will try again later. You can close the page."),
    ),
    Status.URL_INACCESSIBLE: StatusText(
        _("The provider’s login page cannot be reached"),
        _("Your login may well be right. We will look at the address. You can close the page."),
    ),
    Status.NO_ACCOUNTS_FOUND: StatusText(
        _("No account was found there"),
        _("The login was accepted, but it leads to no account. Please try another login."),
    ),
    Status.OTHER_ERROR: StatusText(
        _("The login could not be checked"),
        _("Something went wrong. We will look at it. You can close the page."),
    ),
    Status.COMPANY_INACTIVE: StatusText(
        _("The company is not active"),
        _("Data is not collected at the moment. You do not need to do anything."),
    ),
    Status.DISABLED: StatusText(
        _("The connection is switched off"),
        _("Data is not collected any more, and the login was deleted. You do not need to do anything."),
    ),
}
