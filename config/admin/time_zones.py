from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.time_zones import UTC, time_zones_by_area


class TimeZoneField(forms.ChoiceField):
    """A time zone, by area. Others are offered if they are stored: the API takes every name, also an alias."""

    def __init__(self) -> None:
        areas = [(area, [(name, name) for name in names]) for area, names in time_zones_by_area().items()]
        help_text = _("Reminders leave in the morning of this time zone.")
        super().__init__(choices=[(UTC, UTC), *areas], initial=UTC, label=_("Time zone"), help_text=help_text)

    def offer(self, name: Any) -> None:
        if not self.valid_value(name):
            stored: list[Any] = [(name, name)]
            self.choices = [*stored, *self.choices]  # type: ignore[misc]
