"""The one screen on which staff invite."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator

from companies.models import Company
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError
from invitations.admin.create.copy import like
from invitations.admin.create.form import InvitingForm
from invitations.admin.create.offers import Offers, open_companies
from invitations.admin.create.previews import PARTS, preview
from invitations.admin.links import LinkAdmin
from invitations.exceptions import SubmittedBefore
from invitations.models import Invitation
from invitations.models.status import Status

ASKED = ("company", "invitation_type", "connection")  # what a link to this screen may fill in


class InvitingAdmin(LinkAdmin):
    """Adds an invitation on a screen of its own. Whoever may add invitations may, for the companies open to them."""

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("add/offers/", view(self.offers_view), name=f"{name}_offers"),
            path("add/preview/<str:part>/", view(self.preview_view), name=f"{name}_preview"),
            path("<uuid:object_id>/link/", view(self.link_view), name=f"{name}_link"),
            path("<uuid:object_id>/qr.svg", view(self.qr_view), name=f"{name}_qr"),
            *super().get_urls(),
        ]

    @method_decorator(csp_update({"frame-src": ["'self'"]}))
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """GET shows the form; POST invites, or shows what belongs to the company and keeps what was typed."""
        self._refuse_unless_may_add(request)
        user: Any = request.user
        if request.method != "POST":
            form = InvitingForm(user, initial=self._beginning(request))
        elif "_show" in request.POST:
            form = InvitingForm(user, request.POST, checked=False)
        else:
            form = InvitingForm(user, request.POST)
            if invited := self._invite(request, form):
                return invited
        return self._show(request, form)

    def preview_view(self, request: HttpRequest, part: str) -> HttpResponse:
        """For the frame of the form. POST, as the form is long; it stores and mails nothing."""
        self._refuse_unless_may_add(request)
        if part not in PARTS:
            raise Http404
        if request.method != "POST":
            return redirect("admin:invitations_invitation_add")
        user: Any = request.user
        return preview(request, InvitingForm(user, request.POST), part)

    def offers_view(self, request: HttpRequest) -> JsonResponse:
        """`?kind=` of what, `company` whose, `term` what for, `page`: as Select2 reads it."""
        self._refuse_unless_may_add(request)
        user: Any = request.user
        kind, page = request.GET.get("kind"), request.GET.get("page", "1")
        if kind not in Offers.kinds or not page.isdecimal():
            raise Http404
        offers = Offers(user, self._company(request))
        found, more = offers.find(kind, request.GET.get("term", ""), page=int(page))
        answer = {"results": [offer._asdict() for offer in found], "pagination": {"more": more}}
        return JsonResponse(answer)

    def related_lists(self, request: HttpRequest, obj: Model) -> Iterator[tuple[str, str]]:
        """Also the screen with the QR code."""
        if isinstance(obj, Invitation) and obj.status == Status.ACTIVE:
            yield "Show QR code", reverse("admin:invitations_invitation_link", args=[obj.pk])
        yield from super().related_lists(request, obj)  # type: ignore[misc]

    def _beginning(self, request: HttpRequest) -> dict[str, Any]:
        """What the link to this screen fills in: what it names, or all that another invitation says."""
        asked = {name: request.GET[name] for name in ASKED if name in request.GET}
        named = parse_uuid(request.GET.get("like", "")) if self.has_view_permission(request) else None
        invitation = self.get_object(request, str(named)) if named else None
        return (like(invitation) if invitation else {}) | asked

    def _refuse_unless_may_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _company(self, request: HttpRequest) -> Company | None:
        if not (named := request.GET.get("company")):
            return None
        user: Any = request.user
        try:
            return open_companies(user).get(pk=named)
        except (Company.DoesNotExist, ValidationError):
            raise Http404 from None

    def _invite(self, request: HttpRequest, form: InvitingForm) -> HttpResponseRedirect | None:
        """On to the screen with the link; None if the form does not hold."""
        send = "_send" in request.POST
        if not form.is_valid() or (send and not form.demand_addresses()):
            return None
        try:
            with transaction.atomic():
                invitation = form.invite(send_email=send)
                self.log_addition(request, invitation, "Created.")
        except SubmittedBefore as refusal:
            self.message_user(request, refusal.detail, messages.WARNING)
            return self._to_link(request, refusal.invitation_id)
        except DomainError as refusal:
            form.refuse(refusal)
            return None
        mailed = len(invitation.mailable_emails) if send else 0
        self.message_user(request, _what_was_done(mailed), messages.SUCCESS)
        return self._to_link(request, invitation.pk)

    def _to_link(self, request: HttpRequest, invitation_id: UUID) -> HttpResponseRedirect:
        if not self.has_view_permission(request):
            return redirect("admin:index")
        return redirect("admin:invitations_invitation_link", invitation_id)

    def _show(self, request: HttpRequest, form: InvitingForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Invite somebody",
            "opts": self.opts,
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/invitations/invitation/add_form.html", context)


def _what_was_done(mailed: int) -> str:
    if mailed == 0:
        return "The link is made. Nothing was mailed."
    return f"The invitation is on its way to {mailed} {'address' if mailed == 1 else 'addresses'}."
