"""Metadata of a caller: its limits, and the check constraint of its column."""

from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Exact, LessThanOrEqual
from django.utils.translation import gettext as _

from config.exceptions import InvalidField

MAX_METADATA_PAIRS = 20
MAX_METADATA_KEY_LENGTH = 40
MAX_METADATA_VALUE_LENGTH = 500


def check_metadata(pairs: Mapping[str, str] | None) -> dict[str, str]:
    if pairs and len(pairs) > MAX_METADATA_PAIRS:
        raise InvalidField(
            ("metadata",), _("Give at most %(limit)s pairs.") % {"limit": MAX_METADATA_PAIRS}, code="max_pairs"
        )
    for name, value in (pairs or {}).items():
        if len(name) > MAX_METADATA_KEY_LENGTH or len(value) > MAX_METADATA_VALUE_LENGTH:
            message = _("A name may have %(name)s characters, a value %(value)s.")
            limits = {"name": MAX_METADATA_KEY_LENGTH, "value": MAX_METADATA_VALUE_LENGTH}
            raise InvalidField(("metadata", name), message % limits, code="max_length")
    return dict(pairs or {})


# JSON path of a pair with a long key, or with a value that is long or no string; a repeat count is at most 255
INVALID_PAIR = (
    'strict $.keyvalue() ? (@.value.type() != "string" '
    f'|| @.value like_regex "^.{{250}}.{{{MAX_METADATA_VALUE_LENGTH - 249}}}" flag "s" '
    f'|| @.key like_regex "^.{{{MAX_METADATA_KEY_LENGTH + 1}}}" flag "s")'
)


def metadata_within_limits(field: str) -> Q:
    """Return the condition that a JSON object has at most 20 pairs of strings within the length limits."""
    silently = (Value("{}"), Value(True))  # `is_object` rejects other JSON
    pairs = models.Func(
        F(field),
        Value("$.keyvalue()"),
        *silently,
        function="jsonb_path_query_array",
        output_field=models.JSONField(),
    )
    number = models.Func(pairs, function="jsonb_array_length", output_field=models.IntegerField())
    invalid = models.Func(
        F(field), Value(INVALID_PAIR), arg_joiner=" @? ", template="%(expressions)s", output_field=models.BooleanField()
    )
    return Q(LessThanOrEqual(number, Value(MAX_METADATA_PAIRS))) & ~Q(invalid)


def is_object(field: str) -> Q:
    kind = models.Func(field, function="jsonb_typeof", output_field=models.TextField())
    return Q(Exact(kind, Value("object")))
