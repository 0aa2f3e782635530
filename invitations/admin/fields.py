"""Form fields for pasted text."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.db.metadata import MAX_METADATA_KEY_LENGTH, MAX_METADATA_PAIRS, MAX_METADATA_VALUE_LENGTH
from config.exceptions import InvalidField
from config.form_fields import TypedCharField
from config.typed_text import clean_prose
from connections.services.login_pages import parse_login_page
from invitations.services.addresses import parse_address, parse_addresses

MAX_NAMED = 20
LIMITS = {"key": MAX_METADATA_KEY_LENGTH, "value": MAX_METADATA_VALUE_LENGTH}
TOO_LONG = _("“%(name)s”: a name has at most %(key)s characters, a value %(value)s.")


class PlainTextField(forms.CharField):
    """Several lines. A line break counts as one character, as in the browser, although the browser sends two."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_prose(value.replace("\r\n", "\n")) if isinstance(value, str) else value)


class AddressesField(forms.CharField):
    """Email addresses, pasted in any form. The error names each invalid address and the reason.

    Only blanks count as empty: a text in which nothing else is seen must not open an invitation.
    """

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        good, bad = parse_addresses(super().clean(value))
        if bad:
            errors = [f"{each.text} – {each.reason}" for each in bad[:MAX_NAMED]]
            rest = len(bad) - MAX_NAMED
            more = [gettext("And %(number)s more.") % {"number": rest}] if rest > 0 else []
            raise forms.ValidationError([*errors, *more])
        return good


class AddressField(forms.CharField):
    """One email address, pasted in any form. An invalid address stays as typed, for the error of the service."""

    def clean(self, value: Any) -> Any:
        return parse_address(super().clean(value))


class LoginPageField(TypedCharField):
    """The address of a login page, pasted in any form. See `parse_login_page`."""

    widget = forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return parse_login_page(text) if text else text
        except InvalidField as error:
            raise forms.ValidationError(error.detail) from None


class MetadataField(PlainTextField):
    """One pair on each line, such as `order: 4711`."""

    def clean(self, value: Any) -> Any:
        pairs: dict[str, str] = {}
        for line in filter(str.strip, super().clean(value).split("\n")):
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not (name and colon):
                raise forms.ValidationError(gettext("Write “%(line)s” as name: value.") % {"line": line.strip()})
            if name in pairs:
                raise forms.ValidationError(gettext("“%(name)s” occurs twice.") % {"name": name})
            if len(name) > MAX_METADATA_KEY_LENGTH or len(text) > MAX_METADATA_VALUE_LENGTH:
                raise forms.ValidationError(TOO_LONG % {"name": name[:MAX_METADATA_KEY_LENGTH], **LIMITS})
            pairs[name] = text
        if len(pairs) > MAX_METADATA_PAIRS:
            raise forms.ValidationError(gettext("At most %(number)s lines.") % {"number": MAX_METADATA_PAIRS})
        return pairs
