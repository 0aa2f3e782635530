"""Fieldsets that leave out facts without a value, and name these in one line at the end."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.helpers import AdminForm, AdminReadonlyField, Fieldline, Fieldset
from django.utils.text import capfirst
from django.utils.translation import gettext


class _Fact(AdminReadonlyField):
    """Read-only field that computes its contents once."""

    _contents: Any = None

    def contents(self) -> Any:
        if self._contents is None:
            self._contents = super().contents()
        return self._contents

    @property
    def is_set(self) -> bool:
        return self.contents() not in {"", self.empty_value_display}


class _Line(Fieldline):
    def __init__(self, form: Any, field: Any, readonly_fields: Any = None, model_admin: Any = None) -> None:
        super().__init__(form, field, readonly_fields, model_admin=model_admin)
        self.shown = [self._once(each) for each in super().__iter__()]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.shown)

    def _once(self, field: Any) -> Any:
        if not field.is_readonly:
            return field
        return _Fact(self.form, field.field["field"], is_first=field.is_first, model_admin=self.model_admin)

    @property
    def unset(self) -> list[str]:
        """Names of its fields, if none has a value. Empty for a line with an input."""
        if any(not field.is_readonly or field.is_set for field in self.shown):
            return []
        return [str(field.field["label"]) for field in self.shown]


class _FilledFieldset(Fieldset):
    lines: list[_Line]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.lines)


class FilledFieldsets(AdminForm):
    """Fieldsets of a row's page with inputs and set facts only."""

    def __iter__(self) -> Iterator[Any]:
        unset: list[str] = []
        options: Any
        for name, options in self.fieldsets:
            fieldset: Any = _FilledFieldset(
                self.form, name, self.readonly_fields, model_admin=self.model_admin, **options
            )
            lines = [_Line(self.form, field, self.readonly_fields, self.model_admin) for field in fieldset.fields]
            unset += [label for line in lines for label in line.unset]
            fieldset.lines = [line for line in lines if not line.unset]
            if fieldset.lines:
                yield fieldset
        if unset:
            names = capfirst(", ".join(unset))
            yield Fieldset(self.form, description=gettext("Not set: %(names)s.") % {"names": names})
