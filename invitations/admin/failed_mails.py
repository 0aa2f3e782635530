"""Mail all failed mails again: of all companies, of one, or of a bulk invitation."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.actors import Actor
from companies.models import Company
from config.db.uuid7 import parse_uuid
from invitations.admin.actions.buttons import may_change
from invitations.admin.dashboard.attention import Attention
from invitations.admin.pages import AdminPage
from invitations.models import Batch, Fault
from invitations.services.delivery.failed import Resent, failed_mails, resend_failed


class FailedMailsView(AdminPage):
    """`?company=` or `?batch=` narrows it. Ids outside of the user's limit give 404."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_change(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            "failed_mails.html",
            title=_("Mail all failed mails again?"),
            subject=self.batch or self.company,
            counts=self._counts(),
            back=self._back,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        resent = resend_failed(self._companies, by=Actor.staff(self.user), batch=self.batch)
        if self.batch and resent.mails:
            self.model_admin.log_change(request, self.batch, "Failed mails mailed again.")
        messages.add_message(request, messages.SUCCESS if resent.mails else messages.INFO, _outcome(resent))
        return redirect(self._back)

    @cached_property
    def company(self) -> Company | None:
        found: Company | None = self._chosen("company", Company.objects.within(self.user.company_limit))
        return found

    @cached_property
    def batch(self) -> Batch | None:
        limit = self.user.company_limit
        batches = Batch.objects.all() if limit is None else Batch.objects.filter(company__in=limit)
        found: Batch | None = self._chosen("batch", batches)
        return found

    @property
    def _companies(self) -> Any:
        return [self.company.pk] if self.company else self.user.company_limit

    @property
    def _back(self) -> str:
        if self.batch:
            return reverse("admin:invitations_batch_change", args=[self.batch.pk])
        company = {"company": str(self.company.pk)} if self.company else {}
        query = urlencode({"attention": Attention.MAIL_FAILED.value, **company})
        return f"{reverse('admin:invitations_invitation_changelist')}?{query}"

    def _chosen(self, name: str, rows: Any) -> Any:
        given = self.request.GET.get(name)
        if not given:
            return None
        key: UUID | None = parse_uuid(given)
        found = rows.filter(pk=key).first() if key else None
        if found is None:
            raise Http404
        return found

    def _counts(self) -> list[tuple[str, int]]:
        """Number of failed mails by the side at fault."""
        mails = failed_mails(self._companies, batch=self.batch)
        counted = mails.order_by().values_list("fault").annotate(number=Count("pk")).order_by("-number")
        return [(str(Fault(fault).label) if fault else _("Another reason"), number) for fault, number in counted]


def _outcome(resent: Resent) -> str:
    if not resent.mails:
        return _("There is no failed mail that can be mailed again.")
    done = ngettext("%(number)s mail is sent again.", "%(number)s mails are sent again.", resent.mails)
    rest = _(" There are more: mail them again, too.") if resent.has_more else ""
    return done % {"number": f"{resent.mails:,}"} + rest
