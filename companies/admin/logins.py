"""Recovery of a member's login by an administrator."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from companies.login_throttle import is_locked
from companies.models import User
from companies.services.second_factor import reset_second_factor
from companies.services.staff import unlock_member
from config.admin.base import BaseAdmin
from config.admin.changelist import status_word
from config.exceptions import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

UNLOCK = (
    _("Unlock login"),
    _("Earlier wrong passwords no longer count, so they can log in at once. First ask if the attempts were theirs."),
    _("The login is unlocked."),
)
RESET = (
    _("Reset second factor"),
    _(
        "Their app and recovery codes stop working. Until they set up a new app, their password alone is enough to "
        "log in. First make sure that the request comes from them."
    ),
    _("The second factor is reset."),
)


class AccountRecoveryMixin(BaseAdmin):
    """State of login and second factor on a member's page, with buttons to unlock and reset. Both ask to confirm."""

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(f"<path:object_id>/{route}/", self.admin_site.admin_view(view), name=name)

        return [
            page("unlock", self.unlock_view, "companies_user_unlock"),
            page("reset-second-factor", self.reset_view, "companies_user_reset"),
            *super().get_urls(),
        ]

    def unlock_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._recover(request, object_id, unlock_member, UNLOCK)

    def reset_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._recover(request, object_id, reset_second_factor, RESET)

    def _recover(
        self, request: HttpRequest, object_id: str, service: Callable[..., User], texts: tuple[Any, Any, Any]
    ) -> HttpResponse:
        """Confirm on GET, act on POST."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        user: Any = self.get_object(request, unquote(object_id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask(request, user, texts)
        try:
            service(user, by=cast(User, request.user))
            self.message_user(request, texts[2], messages.SUCCESS)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        return redirect("admin:companies_user_change", user.pk)

    def _ask(self, request: HttpRequest, user: User, texts: tuple[Any, Any, Any]) -> HttpResponse:
        button, consequence, _ = texts
        context = {
            **self.admin_site.each_context(request),
            "title": f"{button} of {user}?",
            "opts": self.opts,
            "original": user,
            "consequence": consequence,
            "button": button,
        }
        return TemplateResponse(request, "admin/companies/user/confirm.html", context)

    @admin.display(description=_("login"))
    def login_state(self, user: User) -> SafeString:
        if not is_locked(user.email):
            return status_word(_("Not locked"), "good")
        return _with_link(status_word(_("Locked after wrong passwords"), "bad"), "unlock", user, UNLOCK[0])

    @admin.display(description=_("second factor"))
    def second_factor_state(self, user: User) -> SafeString:
        if user.authenticator is None:
            return status_word(_("Not in use"), "over")
        return _with_link(status_word(_("In use"), "good"), "reset", user, RESET[0])


def _with_link(status: SafeString, name: str, user: User, label: "StrOrPromise") -> SafeString:
    return format_html('{} <a href="{}">{}</a>', status, reverse(f"admin:companies_user_{name}", args=[user.pk]), label)
