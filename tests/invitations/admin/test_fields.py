"""Form fields for pasted text."""

import pytest
from django.core.exceptions import ValidationError

from invitations.admin.fields import AddressesField, MetadataField, PlainTextField


def error(field, value):
    with pytest.raises(ValidationError) as raised:
        field.clean(value)
    return raised.value.messages


def test_line_break_counts_as_one_character():
    assert PlainTextField(max_length=3).clean("a\r\nb") == "a\nb"


def test_metadata_rejects_malformed_lines():
    wanted = {
        "nonsense": "Write “nonsense” as name: value.",
        "order: 1\norder: 2": "“order” occurs twice.",
        "\n".join(f"{n}: x" for n in range(21)): "At most 20 lines.",
        f"{'x' * 41}: x": f"“{'x' * 40}”: a name has at most 40 characters, a value 500.",
        f"order: {'x' * 501}": "“order”: a name has at most 40 characters, a value 500.",
    }

    assert {value: error(MetadataField(), value) for value in wanted} == {
        value: [message] for value, message in wanted.items()
    }


def test_unseen_text_is_not_empty():
    texts = ("\ufeff", "\u200b", " \u202a\u202c ", "-", "<>", ",;")

    assert {text: len(error(AddressesField(required=False), text)) for text in texts} == dict.fromkeys(texts, 1)
    assert AddressesField(required=False).clean(" \r\n\u00a0") == []


def test_message_loses_reordering_marks():
    assert PlainTextField().clean("\u202aHello\u202c\u00a0Anna\n\u200fשלום") == "Hello\u00a0Anna\n\u200fשלום"


def test_addresses_field_names_at_most_twenty():
    messages = error(AddressesField(), ",".join(f"no {n}" for n in range(500)))

    assert (len(messages), messages[-1]) == (21, "And 480 more.")
