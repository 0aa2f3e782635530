"""What the database itself asks of an invitation's lists and objects."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Exact, LessThanOrEqual

MAX_METADATA_PAIRS = 20
MAX_METADATA_KEY_LENGTH = 40
MAX_METADATA_VALUE_LENGTH = 500


class HasUppercase(models.Func):
    """Whether there is a capital letter in a list of texts."""

    template = "(%(expressions)s)::text ~ '[A-Z]'"
    output_field = models.BooleanField()


# a pair of which the value is no text, or too long, or the name is: a count may not exceed 255
UNFIT_PAIR = (
    'strict $.keyvalue() ? (@.value.type() != "string" '
    f'|| @.value like_regex "^.{{250}}.{{{MAX_METADATA_VALUE_LENGTH - 249}}}" flag "s" '
    f'|| @.key like_regex "^.{{{MAX_METADATA_KEY_LENGTH + 1}}}" flag "s")'
)


def fits(field: str) -> Q:
    """The condition under which a JSON object has few enough pairs of texts, and none too long."""
    silently = (Value("{}"), Value(True))  # what is no object is for `is_object` to refuse
    pairs = models.Func(
        F(field),
        Value("$.keyvalue()"),
        *silently,
        function="jsonb_path_query_array",
        output_field=models.JSONField(),
    )
    number = models.Func(pairs, function="jsonb_array_length", output_field=models.IntegerField())
    unfit = models.Func(
        F(field), Value(UNFIT_PAIR), arg_joiner=" @? ", template="%(expressions)s", output_field=models.BooleanField()
    )
    return Q(LessThanOrEqual(number, Value(MAX_METADATA_PAIRS))) & ~Q(unfit)


def is_object(field: str) -> Q:
    """The condition under which the JSON of `field` is an object."""
    kind = models.Func(field, function="jsonb_typeof", output_field=models.TextField())
    return Q(Exact(kind, Value("object")))
