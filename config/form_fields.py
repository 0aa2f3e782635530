"""Form fields for text that people type and paste."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from django import forms
from django.utils.choices import BaseChoiceIterator
from django_countries import countries

from config.typed_address import clean_address
from config.typed_text import clean_typed, drop_unseen


class UncutCharField(forms.CharField):
    """A text that is rejected if it is too long. With `maxlength`, browsers cut what is pasted without a word."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs: dict[str, Any] = super().widget_attrs(widget)
        return {name: value for name, value in attrs.items() if name != "maxlength"}


class TypedCharField(UncutCharField):
    """One line of text. See `clean_typed`."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return clean_typed(text) or self.empty_value if isinstance(text, str) else text


class SharedChoices(BaseChoiceIterator):
    """Choices that never change. Django copies and checks a list for each form, which takes longer than the rest."""

    def __init__(self, choices: Iterable[tuple[Any, Any]]) -> None:
        self.choices = tuple(choices)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self.choices)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class CountryField(forms.ChoiceField):
    """A country (ISO 3166-1 alpha-2)."""

    def __init__(self, *, empty: Any, **kwargs: Any) -> None:
        super().__init__(choices=SharedChoices([("", empty), *countries]), **kwargs)
        self.codes = frozenset(code for code, _name in countries)

    def valid_value(self, value: Any) -> bool:
        return value in self.codes


class AddressInput(forms.TextInput):
    """Input for an email address. With `type=email`, browsers reject a pasted `Anna <anna@example.com>`."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        plain = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(plain | (attrs or {}))


class TypedEmailField(forms.EmailField):
    """One email address, pasted in any form. See `clean_address`."""

    widget = AddressInput

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return clean_address(text) if isinstance(text, str) else text


class TypedURLField(forms.URLField):
    """The address of a web page without unseen marks. A missing scheme is https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})

    def to_python(self, value: Any) -> Any:
        return super().to_python(drop_unseen(value).strip() if isinstance(value, str) else value)
