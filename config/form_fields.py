"""Form fields for text that people type and paste."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Self, cast

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from config.country_names import CODES, country_names
from config.typed_address import clean_address
from config.typed_text import clean_typed, drop_unseen


class QuickCopy:
    """A field or widget that forms copy without pickle's protocol."""

    def __copy__(self) -> Self:
        new = self.__class__.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        return new


class UncutCharField(QuickCopy, forms.CharField):
    """A text that is rejected if it is too long. With `maxlength`, browsers cut what is pasted without a word."""

    default_error_messages = {"max_length": _("At most %(limit_value)s characters; this has %(show_value)s.")}

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


class CountrySelect(QuickCopy, forms.Select):
    """Select whose options are rendered once for each language: 249 of them take longer than the rest of a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        given = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        chosen = f'value="{value or ""}"'
        options = _country_options(get_language(), str(cast(CountryChoices, self.choices).empty))
        # of the codes, nothing needs escaping
        return mark_safe(f"<select{given}>{options.replace(chosen, f'{chosen} selected', 1)}\n</select>")  # noqa: S308


@cache
def _country_options(language: str, empty: str) -> str:
    pairs = (("", empty), *country_names(language))
    return format_html_join("", '\n  <option value="{}">{}</option>', pairs)


class CountryChoices(BaseChoiceIterator):
    """Choices in the language of the page."""

    def __init__(self, empty: Any) -> None:
        self.empty = empty

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield "", self.empty
        yield from country_names(get_language())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class CountryField(forms.ChoiceField):
    """A country (ISO 3166-1 alpha-2)."""

    widget = CountrySelect

    def __init__(self, *, empty: Any, **kwargs: Any) -> None:
        super().__init__(choices=CountryChoices(empty), **kwargs)

    def valid_value(self, value: Any) -> bool:
        return value in CODES


class AddressInput(QuickCopy, forms.TextInput):
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
