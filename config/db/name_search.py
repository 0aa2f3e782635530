"""Names as people look for them: in any case, without accents, by any part."""

import re
import unicodedata
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import Contains

MOST_WORDS = 12


class Folded(models.Func):
    """Lower case without accents, in SQL: what people type when they look for a name."""

    template = r"lower(regexp_replace(normalize(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g'))"
    output_field = models.TextField()


def fold(text: str) -> str:
    """The same in Python."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not "\u0300" <= letter <= "\u036f").lower()


class Parts(models.Func):
    """Each three letters in a row of the words of a folded text, with two blanks before each word and one behind it.

    By a function of ours (migration 0007 of the companies): the extension pg_trgm is not wherever PostgreSQL is.
    """

    function = "name_parts"
    output_field: Any = ArrayField(models.TextField())


def parts_index(name: str) -> GinIndex:
    """The index by which `name_contains` finds."""
    return GinIndex(Parts(Folded("name")), name=name)


def name_contains(term: str) -> Q:
    """The condition under which each word of `term` stands in the row's `name`, alone or inside another.

    A word of one or two letters must begin one. Without any word there is nothing that fits.
    """
    words = re.findall(r"[^\W_]+", fold(term))[:MOST_WORDS]
    if not words:
        return Q(pk__in=[])
    asked = Value([part for word in words for part in _parts(word)], ArrayField(models.TextField()))
    found = Q(ArrayContains(Parts(Folded(F("name"))), asked))
    for word in words:
        # the parts of a longer word may stand apart
        found &= Q(Contains(Folded(F("name")), word))
    return found


def _parts(word: str) -> list[str]:
    if len(word) < 3:
        return [f"  {word}"[-3:]]
    return [word[at : at + 3] for at in range(len(word) - 2)]
