"""The overview on the first page of the admin."""

from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.models import ApiKey, Company, WebhookEndpoint
from config.admin.changelist import MOST_COUNTED, CreatedFilter
from config.db.uuid7 import parse_uuid
from connections.admin.connections import ANY_BROKEN, TONES
from connections.admin.counts import BROKEN, count_by_status
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.admin.actions.buttons import may_change
from invitations.admin.dashboard.attention import Attention, attention_condition
from invitations.admin.dashboard.charts import Bar, capped_number
from invitations.admin.dashboard.expiring_keys import ExpiringKeys, find_expiring_keys
from invitations.admin.dashboard.funnel import MAX_FOLLOWED, Funnel, Step, funnel
from invitations.admin.dashboard.mail_trouble import MailTrouble, find_mail_trouble
from invitations.admin.dashboard.webhook_trouble import WebhookTrouble, find_webhook_trouble
from invitations.models import Invitation

PERIODS = {span.days: name for name, (_words, span) in CreatedFilter.spans.items() if span.days > 1}
DEFAULT_DAYS = 30
# counting ten times as far takes ten times as long (measured)
MAX_ATTENTION = 1_000
STEPS = [step for step in Step if step != Step.MAILED]


class AllCompaniesSelect(AutocompleteSelect):
    """Shows “All companies” while no company is chosen."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": _("All companies")}


COMPANY = AllCompaniesSelect(Invitation._meta.get_field("company"), admin.site)


class Overview:
    """The numbers that one request shows, limited to the user's companies and to the tables they may view.

    `?days=` chooses the period, `?company=` a company. A company outside the user's limit gives 404.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = request.user
        given = request.GET.get("days")
        self.days = next((days for days in PERIODS if str(days) == given), DEFAULT_DAYS)

    @cached_property
    def sees_invitations(self) -> bool:
        return self._may_view(Invitation)

    @cached_property
    def sees_connections(self) -> bool:
        return self._may_view(Connection)

    @property
    def may_invite(self) -> bool:
        return admin.site.get_model_admin(Invitation).has_add_permission(self.request)

    @property
    def failed_mails_url(self) -> str:
        """Page that mails all failed mails again; empty for users who may not."""
        if not may_change(self.request):
            return ""
        company = f"?{urlencode({'company': self.company.pk})}" if self.company else ""
        return reverse("admin:invitations_invitation_failed_mails") + company

    @cached_property
    def company(self) -> Company | None:
        given = self.request.GET.get("company")
        if not given:
            return None
        company_id = parse_uuid(given)
        found = Company.objects.within(self.user.company_limit).filter(pk=company_id).first() if company_id else None
        if found is None:
            raise Http404
        return found

    @cached_property
    def companies(self) -> Collection[UUID] | None:
        """Ids of the counted companies; None counts all live ones. Test companies are counted by their own choice."""
        if self.company:
            return [self.company.pk]
        return self.user.company_limit and live_companies(self.user.company_limit)

    @property
    def company_select(self) -> SafeString:
        """The autocomplete field for a company; empty for users who may not view companies."""
        if not self._may_view(Company):
            return SafeString()
        field = forms.ModelChoiceField(Company.objects.within(self.user.company_limit), required=False, widget=COMPANY)
        attributes = {"id": "overview-company", "data-width": "100%"}
        select: SafeString = field.widget.render("company", self.company.pk if self.company else None, attributes)
        return select

    @property
    def periods(self) -> list[dict[str, Any]]:
        company = {"company": self.company.pk} if self.company else {}
        return [
            {"label": _label(days), "query": urlencode({"days": days, **company}), "is_chosen": days == self.days}
            for days in PERIODS
        ]

    @property
    def period(self) -> str:
        """`past 30 days`, for use inside a sentence."""
        return _label(self.days).lower()

    @cached_property
    def funnel(self) -> Funnel:
        return funnel(since=timezone.now() - timedelta(days=self.days), companies=self.companies)

    @cached_property
    def steps(self) -> list[Bar]:
        return [self._step(step) for step in STEPS]

    @property
    def mailed(self) -> Bar:
        return self._step(Step.MAILED)

    @property
    def max_followed(self) -> str:
        return f"{MAX_FOLLOWED:,}"

    @cached_property
    def has_invitations(self) -> bool:
        """True if these companies ever had an invitation, also before the period."""
        return bool(self.funnel.numbers[Step.CREATED]) or self._invitations().exists()

    @cached_property
    def by_status(self) -> dict[ConnectionStatus, int]:
        return count_by_status(maximum=MOST_COUNTED + 1, companies=self.companies)

    @cached_property
    def connections(self) -> list[Bar]:
        """A bar for each status that occurs, most frequent first."""
        counts = sorted(self.by_status.items(), key=lambda item: -item[1])
        return [
            Bar(
                key=status.value,
                label=str(status.label),
                url=self._list_url(Connection, status=status.value),
                value=number,
                number=capped_number(number, limit=MOST_COUNTED),
                maximum=counts[0][1],
                tone=TONES.get(status, "bad"),
            )
            for status, number in counts
            if number
        ]

    @cached_property
    def keys(self) -> ExpiringKeys | None:
        """Keys that expire, or did, for users who may view keys. They do not depend on the company."""
        return find_expiring_keys() if self._may_view(ApiKey) else None

    @cached_property
    def webhooks(self) -> WebhookTrouble | None:
        return find_webhook_trouble() if self._may_view(WebhookEndpoint) else None

    @cached_property
    def mail_trouble(self) -> MailTrouble | None:
        return find_mail_trouble() if self.sees_invitations else None

    @cached_property
    def attention(self) -> list[Bar]:
        """Numbers of all times: they do not depend on the period."""
        tiles = []
        if self.sees_connections:
            broken = sum(self.by_status[status] for status in BROKEN)
            url = self._list_url(Connection, status=ANY_BROKEN)
            tiles.append((ANY_BROKEN, gettext("Broken connections"), url, broken))
        if self.sees_invitations:
            for kind in Attention:
                url = self._list_url(Invitation, attention=kind.value)
                tiles.append((kind.value, str(kind.label), url, self._attention_count(kind)))
        return [Bar(*tile, number=capped_number(tile[-1], limit=MAX_ATTENTION)) for tile in tiles]

    @property
    def is_capped(self) -> bool:
        """True if a number ends with “+”."""
        numbers = [*self.attention, *(self.connections if self.sees_connections else [])]
        return any(bar.number.endswith("+") for bar in numbers)

    def _attention_count(self, kind: Attention) -> int:
        rows = self._invitations().filter(attention_condition(kind))
        return rows.values("pk")[: MAX_ATTENTION + 1].count()

    def _invitations(self) -> QuerySet[Invitation]:
        if self.companies is None:
            return Invitation.objects.exclude(company__in=Company.objects.of_tests())
        return Invitation.objects.filter(company__in=self.companies)

    def _step(self, step: Step) -> Bar:
        number = self.funnel.numbers[step]
        reached = {} if step == Step.CREATED else {"reached": step.value}
        url = self._list_url(Invitation, **reached, created=PERIODS[self.days])
        return Bar(step.value, str(step.label), url, number, f"{number:,}", self.funnel.numbers[Step.CREATED])

    def _list_url(self, model: type[Model], **query: str) -> str:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        company = {"company": str(self.company.pk)} if self.company else {}
        return f"{address}?{urlencode({**query, **company})}"

    def _may_view(self, model: type[Model]) -> bool:
        return admin.site.get_model_admin(model).has_view_permission(self.request)


def live_companies(company_limit: Collection[UUID]) -> list[UUID]:
    return list(Company.objects.filter(pk__in=company_limit, is_live=True).values_list("pk", flat=True))


def _label(days: int) -> str:
    return str(CreatedFilter.spans[PERIODS[days]][0])
