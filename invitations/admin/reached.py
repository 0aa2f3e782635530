"""How far an invitation got, as a filter of the list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from invitations.admin.dashboard.funnel import Step, reached


class ReachedFilter(admin.SimpleListFilter):
    """By the rule of the overview: what it counts is what the list shows."""

    title = "how far it got"
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(step.value, str(step.label)) for step in Step if step != Step.SENT]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        steps = [step for step in Step if step.value == self.value()]
        return queryset.filter(reached(steps[0])) if steps else queryset
