"""Sections of the form that creates an invitation: the template shows each field that a section names."""

from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise


@dataclass(frozen=True)
class Section:
    """Fields under one heading, by name. A tuple is a column: columns stand side by side, below the other fields.

    `is_optional`: the section is closed until a field in it has a value or an error. `when`: `name=value` of the choice
    that the section belongs to.
    """

    key: str
    title: Promise
    fields: tuple[str | tuple[str, ...], ...]
    is_optional: bool = False
    when: str = ""
    hint: Promise | str = ""

    @property
    def names(self) -> list[str]:
        return [name for item in self.fields for name in ([item] if isinstance(item, str) else item)]


class SectionField(BoundField):
    """A field with its lock (`lock_<name>`) and its search without JavaScript (`find_<name>`), if it has them."""

    @property
    def lock(self) -> BoundField | None:
        return self._companion("lock")

    @property
    def find(self) -> BoundField | None:
        return self._companion("find")

    def _companion(self, prefix: str) -> BoundField | None:
        name = f"{prefix}_{self.name}"
        return self.form[name] if name in self.form.fields else None


@dataclass(frozen=True)
class BoundSection:
    section: Section
    form: forms.Form

    @property
    def is_open(self) -> bool:
        companions = [f"{prefix}_{name}" for prefix in ("lock", "find") for name in self.section.names]
        names = [*self.section.names, *(name for name in companions if name in self.form.fields)]
        return any(self.form[name].value() or self.form[name].errors for name in names)

    @property
    def fields(self) -> list[BoundField]:
        return [self.form[name] for name in self.section.fields if isinstance(name, str)]

    @property
    def columns(self) -> list[list[BoundField]]:
        return [[self.form[name] for name in names] for names in self.section.fields if not isinstance(names, str)]
