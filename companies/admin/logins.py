"""Recovery of a member's login by an administrator."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from companies.login_throttle import is_locked
from companies.models import User
from companies.services.passwords import create_password_link
from companies.services.second_factor import reset_second_factor
from companies.services.staff import unlock_member
from config.admin.base import BaseAdmin
from config.admin.changelist import status_word
from config.exceptions import DomainError
from config.http.headers import set_private_headers

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class RecoveryTexts(NamedTuple):
    """`outcome` is the message afterwards, or the title of the page with the link."""

    button: "StrOrPromise"
    consequence: "StrOrPromise"
    outcome: "StrOrPromise"


UNLOCK = RecoveryTexts(
    _("Unlock login"),
    _("Earlier wrong passwords no longer count, so they can log in at once. First ask if the attempts were theirs."),
    _("The login is unlocked."),
)
RESET = RecoveryTexts(
    _("Reset second factor"),
    _(
        "Their app and recovery codes stop working, and they are logged out everywhere. Their password stops working "
        "too, because someone else may know it. You get a link with which they choose a new one. First make sure that "
        "the request comes from them."
    ),
    _("The second factor is reset"),
)
LINK = RecoveryTexts(
    _("Create a link for a new password"),
    _("Their earlier password does not work. With the link they choose a new one, once within 24 hours."),
    _("The link is ready"),
)


class AccountRecoveryMixin(BaseAdmin):
    """State of login and second factor on a member's page, with buttons that ask to confirm."""

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(f"<path:object_id>/{route}/", self.admin_site.admin_view(view), name=name)

        return [
            page("unlock", self.unlock_view, "companies_user_unlock"),
            page("reset-second-factor", self.reset_view, "companies_user_reset"),
            page("password-link", self.password_link_view, "companies_user_password_link"),
            *super().get_urls(),
        ]

    def unlock_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def unlock(user: User, by: User) -> HttpResponse:
            unlock_member(user, by=by)
            self.message_user(request, str(UNLOCK.outcome), messages.SUCCESS)
            return redirect("admin:companies_user_change", user.pk)

        return self._recover(request, object_id, unlock, UNLOCK)

    def reset_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def reset(user: User, by: User) -> HttpResponse:
            return self._show_link(request, reset_second_factor(user, by=by), RESET)

        return self._recover(request, object_id, reset, RESET)

    def password_link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._recover(request, object_id, lambda user, by: self._show_link(request, user, LINK), LINK)

    def _recover(
        self, request: HttpRequest, object_id: str, act: Callable[[User, User], HttpResponse], texts: RecoveryTexts
    ) -> HttpResponse:
        """Confirm on GET, act on POST."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        user = self.get_row_or_404(request, object_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask(request, user, texts)
        try:
            with transaction.atomic():
                return act(user, cast(User, request.user))
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        return redirect("admin:companies_user_change", user.pk)

    def _show_link(self, request: HttpRequest, user: User, texts: RecoveryTexts) -> HttpResponse:
        """Show the link in the response itself, so that no session or cookie has it."""
        link = create_password_link(user, by=cast(User, request.user))
        url = settings.PUBLIC_URL + reverse("admin:choose_password", kwargs=link)
        template = "admin/companies/user/password_link.html"
        return set_private_headers(self.render_page(request, template, title=texts.outcome, original=user, url=url))

    def _ask(self, request: HttpRequest, user: User, texts: RecoveryTexts) -> HttpResponse:
        return self.render_page(
            request,
            "admin/companies/user/confirm.html",
            title=f"{texts.button} of {user}?",
            original=user,
            consequence=texts.consequence,
            button=texts.button,
        )

    @admin.display(description=_("password"))
    def change_password(self, user: User) -> SafeString:
        link = format_html(
            '<a href="{}">{}</a>', reverse("admin:auth_user_password_change", args=[user.pk]), _("Change password")
        )
        if user.has_usable_password():
            return link
        return format_html("{} {}", _with_link(status_word(_("None"), "bad"), "password_link", user, LINK.button), link)

    @admin.display(description=_("login"))
    def login_state(self, user: User) -> SafeString:
        if not is_locked(user.email):
            return status_word(_("Not locked"), "good")
        return _with_link(status_word(_("Locked after wrong passwords"), "bad"), "unlock", user, UNLOCK.button)

    @admin.display(description=_("second factor"))
    def second_factor_state(self, user: User) -> SafeString:
        if user.authenticator is None:
            return status_word(_("Not in use"), "over")
        return _with_link(status_word(_("In use"), "good"), "reset", user, RESET.button)


def _with_link(status: SafeString, name: str, user: User, label: "StrOrPromise") -> SafeString:
    return format_html('{} <a href="{}">{}</a>', status, reverse(f"admin:companies_user_{name}", args=[user.pk]), label)
