"""The first page of the admin: how far invitations get, what needs attention, and how connections do."""

from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from companies.models import Company
from config.admin.changelist import MOST_COUNTED, CreatedFilter
from config.db.uuid7 import parse_uuid
from connections.admin import ANY_BROKEN, TONES
from connections.counts import BROKEN, count_by_status
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.admin.attention import Attention, attention_condition
from invitations.admin.dashboard.charts import Bar, Chart, chart, in_words
from invitations.admin.dashboard.funnel import MOST_FOLLOWED, Funnel, Step, funnel
from invitations.models import Invitation

DAYS = {span.days: name for name, (_, span) in CreatedFilter.spans.items() if span.days > 1}
USUAL_DAYS = 30
# more to do than anybody does today: measured, counting ten times as far takes ten times as long
MOST_WANTING = 1_000
REPAIR = "Invite somebody to repair them."
STEPS = {
    Step.SENT: "A link was made, to be mailed by us or passed on by hand.",
    Step.OPENED: "Somebody opened its page.",
    Step.VERIFIED: "Somebody proved an address. Only invitations for certain addresses ask for that.",
    Step.SUBMITTED: "Somebody sent the form, at least once.",
    Step.CONNECTED: "An account that was connected or repaired through it works now.",
}
ATTENTION = {
    Attention.MAIL_FAILED: ("Mail failed", "A mail did not arrive. Correct the address, or pass the link on by hand."),
    Attention.EXPIRING: ("Expiring in 7 days", "Extend them, or remind whoever was invited."),
    Attention.UNFINISHED: ("Opened but not finished", "Somebody looked and did not connect. A question may be open."),
}


class AllCompaniesSelect(AutocompleteSelect):
    """Says what it means while nothing is chosen."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": "All companies"}


COMPANY = AllCompaniesSelect(Invitation._meta.get_field("company"), admin.site)


class Overview:
    """What one request sees: of the companies that are open to whoever asks, and of the tables they may view.

    `?days=` chooses the time, `?company=` a company; one that is not open to them is not found.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = request.user
        given = request.GET.get("days")
        self.days = next((days for days in DAYS if str(days) == given), USUAL_DAYS)

    # --- who looks, and at what

    @cached_property
    def sees_invitations(self) -> bool:
        return self._may_view(Invitation)

    @cached_property
    def sees_connections(self) -> bool:
        return self._may_view(Connection)

    @property
    def sees_anything(self) -> bool:
        return self.sees_invitations or self.sees_connections

    @property
    def may_invite(self) -> bool:
        return admin.site.get_model_admin(Invitation).has_add_permission(self.request)

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
        """Whose numbers these are; None: those of all."""
        return [self.company.pk] if self.company else self.user.company_limit

    @property
    def company_select(self) -> SafeString:
        """The field that completes a company's name; empty for whoever may not look companies up."""
        if not self._may_view(Company):
            return SafeString()
        field = forms.ModelChoiceField(Company.objects.within(self.user.company_limit), required=False, widget=COMPANY)
        attributes = {"id": "overview-company", "data-width": "100%"}
        select: SafeString = field.widget.render("company", self.company.pk if self.company else None, attributes)
        return select

    @property
    def times(self) -> list[dict[str, Any]]:
        """Each time to choose, with its query."""
        company = {"company": self.company.pk} if self.company else {}
        return [
            {"words": self._words(days), "query": urlencode({"days": days, **company}), "chosen": days == self.days}
            for days in DAYS
        ]

    @property
    def time(self) -> str:
        """As it stands in a sentence: “past 30 days”."""
        return self._words(self.days).lower()

    # --- what there is to see

    @cached_property
    def counted(self) -> Funnel:
        return funnel(since=timezone.now() - timedelta(days=self.days), companies=self.companies)

    @cached_property
    def funnel(self) -> Chart:
        bars = [self._step(step, meaning) for step, meaning in STEPS.items()]
        return chart("funnel", "How far invitations got", bars, longest=self.counted.numbers[Step.SENT])

    @property
    def mailed(self) -> Bar:
        return self._step(Step.MAILED, "")

    @property
    def most_followed(self) -> str:
        return f"{MOST_FOLLOWED:,}"

    @cached_property
    def has_invitations(self) -> bool:
        """Ever, of these companies."""
        if self.counted.numbers[Step.SENT]:
            return True
        made = Invitation.objects.all()
        return (made if self.companies is None else made.filter(company__in=self.companies)).exists()

    @cached_property
    def by_status(self) -> dict[ConnectionStatus, int]:
        return count_by_status(most=MOST_COUNTED + 1, companies=self.companies)

    @cached_property
    def connections(self) -> Chart:
        """The statuses that some connection has, most frequent first."""
        counts = sorted(self.by_status.items(), key=lambda item: -item[1])
        bars = [
            Bar(
                words=str(status.label),
                number=in_words(number, most=MOST_COUNTED),
                link=self._list(Connection, status=status.value),
                size=number,
                tone=TONES.get(status, "bad"),
            )
            for status, number in counts
            if number
        ]
        return chart("connections", "Connections by status", bars, longest=max(self.by_status.values()))

    @cached_property
    def attention(self) -> list[Bar]:
        """What somebody should look at, be it of whatever time."""
        tiles = []
        if self.sees_connections:
            broken = sum(self.by_status[status] for status in BROKEN)
            tiles.append(("Broken connections", REPAIR, self._list(Connection, status=ANY_BROKEN), broken))
        if self.sees_invitations:
            for kind, (words, meaning) in ATTENTION.items():
                tiles.append((words, meaning, self._list(Invitation, attention=kind.value), self._wanting(kind)))
        return [
            Bar(words, in_words(number, most=MOST_WANTING), link, number, meaning=meaning)
            for words, meaning, link, number in tiles
        ]

    @property
    def is_bounded(self) -> bool:
        """Whether some number is not the whole one."""
        numbers = [*self.attention, *(self.connections.bars if self.sees_connections else [])]
        return any(bar.number.endswith("+") for bar in numbers)

    def _wanting(self, kind: Attention) -> int:
        wanting = Invitation.objects.filter(attention_condition(kind))
        if self.companies is not None:
            wanting = wanting.filter(company__in=self.companies)
        return wanting.values("pk")[: MOST_WANTING + 1].count()

    def _step(self, step: Step, meaning: str) -> Bar:
        number = self.counted.numbers[step]
        link = self._list(Invitation, reached=step.value, created=DAYS[self.days])
        return Bar(str(step.label), f"{number:,}", link, number, meaning=meaning)

    def _list(self, model: type[Model], **query: str) -> str:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        company = {"company": str(self.company.pk)} if self.company else {}
        return f"{address}?{urlencode({**query, **company})}"

    def _may_view(self, model: type[Model]) -> bool:
        return admin.site.get_model_admin(model).has_view_permission(self.request)

    @staticmethod
    def _words(days: int) -> str:
        return CreatedFilter.spans[DAYS[days]][0]
