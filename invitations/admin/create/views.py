"""Pages that create an invitation: the form, its offers and its previews."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.models import Company
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError
from config.http.kept_entries import show_kept_entries
from invitations.admin.create.copy import initial_from
from invitations.admin.create.form import CreateInvitationForm
from invitations.admin.create.offers import Offers, open_companies
from invitations.admin.create.previews import PARTS, render_preview
from invitations.admin.pages import AdminPage
from invitations.exceptions import SubmittedBefore

QUERY_FIELDS = ("company", "invitation_type", "connection")


class CreatePage(AdminPage):
    """Base for users who may add invitations."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.model_admin.has_add_permission(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


@method_decorator(csp_update({"frame-src": ["'self'"]}), name="dispatch")
class CreateView(CreatePage):
    """`?company=`, `?invitation_type=` and `?connection=` fill in fields; `?copy=` copies another invitation."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form_class = show_kept_entries(CreateInvitationForm, request)
        return self._show(form_class(self.user, initial=self._initial()))

    def post(self, request: HttpRequest) -> HttpResponse:
        if "_show" in request.POST:
            return self._show(CreateInvitationForm(self.user, request.POST, checked=False))
        form = CreateInvitationForm(self.user, request.POST)
        return self._create(form) or self._show(form)

    def _show(self, form: CreateInvitationForm) -> HttpResponse:
        return self.render("add_form.html", title=_("Create invitation"), form=form)

    def _initial(self) -> dict[str, Any]:
        query = self.request.GET
        copied_id = parse_uuid(query.get("copy", "")) if self.model_admin.has_view_permission(self.request) else None
        copied = self.model_admin.get_object(self.request, str(copied_id)) if copied_id else None
        return (initial_from(copied) if copied else {}) | {name: query[name] for name in QUERY_FIELDS if name in query}

    def _create(self, form: CreateInvitationForm) -> HttpResponseRedirect | None:
        """Return None if the form is invalid or the service refuses it."""
        send = "_send" in self.request.POST
        if not form.is_valid() or (send and not form.require_recipients()):
            return None
        try:
            with transaction.atomic():
                invitation = form.create(send_email=send)
                self.model_admin.log_addition(self.request, invitation, "Created.")
        except SubmittedBefore as error:
            messages.warning(self.request, error.detail)
            return self._to_link(error.invitation_id)
        except DomainError as error:
            form.add_service_error(error)
            return None
        messages.success(self.request, _success(len(invitation.mailable_emails) if send else 0))
        return self._to_link(invitation.pk)

    def _to_link(self, invitation_id: UUID) -> HttpResponseRedirect:
        if not self.model_admin.has_view_permission(self.request):
            return redirect("admin:index")
        return redirect("admin:invitations_invitation_link", invitation_id)


class PreviewView(CreatePage):
    """Previews for the frame in the form. POST, because the form is long."""

    def get(self, request: HttpRequest, part: str) -> HttpResponse:
        self._check(part)
        return redirect("admin:invitations_invitation_add")

    def post(self, request: HttpRequest, part: str) -> HttpResponse:
        self._check(part)
        return render_preview(request, CreateInvitationForm(self.user, request.POST), part)

    def _check(self, part: str) -> None:
        if part not in PARTS:
            raise Http404


class OffersView(CreatePage):
    """Offers in the format of Select2. Query: `kind`, `company`, `term`, `page`."""

    def get(self, request: HttpRequest) -> JsonResponse:
        kind, page = request.GET.get("kind"), request.GET.get("page", "1")
        if kind not in Offers.kinds or not page.isdecimal():
            raise Http404
        found, more = Offers(self.user, self._company()).find(kind, request.GET.get("term", ""), page=int(page))
        return JsonResponse({"results": [offer._asdict() for offer in found], "pagination": {"more": more}})

    def _company(self) -> Company | None:
        company_id = self.request.GET.get("company")
        if not company_id:
            return None
        try:
            return open_companies(self.user).get(pk=company_id)
        except (Company.DoesNotExist, ValidationError):
            raise Http404 from None


def _success(mailed: int) -> str:
    if not mailed:
        return _("The invitation was created. Nothing was mailed.")
    sentence = ngettext(
        "The invitation was created and is being mailed to %(number)s address.",
        "The invitation was created and is being mailed to %(number)s addresses.",
        mailed,
    )
    return sentence % {"number": mailed}
