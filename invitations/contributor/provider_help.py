"""Help for the login at a provider, shown before the contributor types."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections.models import Datasource, LoginName, SecondFactor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

USER_NAME = gettext_lazy("User name")
LABELS: "dict[str, StrOrPromise]" = {
    LoginName.EMAIL: gettext_lazy("Email address at the provider"),
    LoginName.EMAIL_OR_USER_NAME: gettext_lazy("Email address or user name at the provider"),
    LoginName.CUSTOMER_NUMBER: gettext_lazy("Customer number at the provider"),
    LoginName.PHONE_NUMBER: gettext_lazy("Phone number at the provider"),
    LoginName.ID_NUMBER: gettext_lazy("Identity or tax number at the provider"),
}
LOG_IN: "dict[str | None, StrOrPromise]" = {
    None: gettext_lazy("You log in at %(host)s."),
    LoginName.USER_NAME: gettext_lazy("You log in at %(host)s with your user name."),
    LoginName.EMAIL: gettext_lazy("You log in at %(host)s with your email address."),
    LoginName.EMAIL_OR_USER_NAME: gettext_lazy("You log in at %(host)s with your email address or user name."),
    LoginName.CUSTOMER_NUMBER: gettext_lazy("You log in at %(host)s with your customer number."),
    LoginName.PHONE_NUMBER: gettext_lazy("You log in at %(host)s with your phone number."),
    LoginName.ID_NUMBER: gettext_lazy("You log in at %(host)s with your identity or tax number."),
}
CODES: "dict[str | None, StrOrPromise]" = {
    SecondFactor.NONE: gettext_lazy("It asks for no code."),
    SecondFactor.TEXT_MESSAGE: gettext_lazy("A code may come by text message."),
    SecondFactor.EMAIL: gettext_lazy("A code may come by email."),
    SecondFactor.APP: gettext_lazy("It may ask for a code of your authenticator app."),
}


@dataclass(frozen=True)
class ProviderHelp:
    sentences: tuple[str, ...]
    reset_url: str | None
    reset_host: str


def username_label(datasource: Datasource | None) -> "StrOrPromise":
    return LABELS.get((datasource and datasource.login_with) or "", USER_NAME)


def help_for(datasource: Datasource | None) -> ProviderHelp | None:
    """Return the known facts of the login. None without facts: the login page may be no more than the home page."""
    if datasource is None or not _is_known(datasource):
        return None
    sentences = [_log_in(datasource)]
    if datasource.portal_name:
        sentences.append(_("The page is called “%(portal)s”.") % {"portal": datasource.portal_name})
    if code := CODES.get(datasource.second_factor):
        sentences.append(str(code))
    if datasource.login_help:
        sentences.append(datasource.login_help)
    return ProviderHelp(tuple(sentences), datasource.password_reset_url, datasource.password_reset_host)


def _is_known(datasource: Datasource) -> bool:
    return any(
        (
            datasource.portal_name,
            datasource.login_with,
            datasource.second_factor,
            datasource.password_reset_url,
            datasource.login_help,
        )
    )


def _log_in(datasource: Datasource) -> str:
    return str(LOG_IN[datasource.login_with]) % {"host": datasource.host}
