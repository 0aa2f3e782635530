"""Fields that take what people paste."""

from typing import Any

from django import forms

from invitations.models import MAX_METADATA_KEY_LENGTH, MAX_METADATA_PAIRS, MAX_METADATA_VALUE_LENGTH
from invitations.services.addresses import parse_address, parse_addresses

MOST_NAMED = 20


class PlainTextField(forms.CharField):
    """Several lines. A line break is one character, as the browser counts it, and not the two that it sends."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class AddressesField(PlainTextField):
    """Email addresses, pasted in any form; each that is none is named, with the reason."""

    def clean(self, value: Any) -> Any:
        good, bad = parse_addresses(super().clean(value))
        if bad:
            errors = [f"{each.text} – {each.reason}" for each in bad[:MOST_NAMED]]
            more = [f"And {len(bad) - MOST_NAMED} more."] if len(bad) > MOST_NAMED else []
            raise forms.ValidationError([*errors, *more])
        return good


class AddressField(forms.CharField):
    """One email address, pasted in any form. What is none stays as it was typed: the service says so."""

    def clean(self, value: Any) -> Any:
        return parse_address(super().clean(value))


class MetadataField(PlainTextField):
    """Pairs, one on each line, such as `order: 4711`."""

    def clean(self, value: Any) -> Any:
        pairs: dict[str, str] = {}
        for line in filter(str.strip, super().clean(value).split("\n")):
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not (name and colon):
                raise forms.ValidationError(f"Write “{line.strip()}” as name: value.")
            if name in pairs:
                raise forms.ValidationError(f"“{name}” is there twice.")
            if len(name) > MAX_METADATA_KEY_LENGTH or len(text) > MAX_METADATA_VALUE_LENGTH:
                raise forms.ValidationError(
                    f"“{name[:MAX_METADATA_KEY_LENGTH]}”: a name has at most {MAX_METADATA_KEY_LENGTH} characters, "
                    f"a value {MAX_METADATA_VALUE_LENGTH}."
                )
            pairs[name] = text
        if len(pairs) > MAX_METADATA_PAIRS:
            raise forms.ValidationError(f"At most {MAX_METADATA_PAIRS} lines.")
        return pairs
