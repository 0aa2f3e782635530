"""Names as people look for them: without accents, by their beginnings, from the inside of a word, a little misspelt."""

import re
from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual


class Trigrams(models.Func):
    """Of each word of a folded text that has three letters or more, each three in a row; a blank stands at both ends.

    By a function of ours (migration 0005): the extension pg_trgm is not wherever PostgreSQL is.
    """

    function = "name_trigrams"
    output_field = ArrayField(models.TextField())


class Shared(models.Func):
    """How many entries two arrays have in common."""

    template = "cardinality(ARRAY(SELECT unnest(%(expressions)s)))"
    arg_joiner = ") INTERSECT SELECT unnest("
    output_field = models.IntegerField()


MOST_WORDS = 12  # with more of them a name is looked for by its beginnings only
# PostgreSQL's own words, for a search by their beginnings
NAME_WORDS = SearchVector("folded_name", config="simple")


def begins(folded: str) -> Q:
    """Of rows with `words=NAME_WORDS`: those with a word for each word of it, or whose name as a whole begins so."""
    words = " & ".join(f"{word}:*" for word in re.findall(r"\w+", folded))
    # by its beginning as well: PostgreSQL takes E.ON for the name of a host, and not for two words
    return Q(words=SearchQuery(words, search_type="raw", config="simple")) | Q(folded_name__startswith=folded)


def contains(folded: str) -> Q:
    """The same, where a word of three letters or more may also stand inside another."""
    return _each_word(folded, _inside)


def resembles(folded: str) -> Q:
    """The same, where a word of three letters or more may have two neighbours swapped, or other letters than meant.

    Of the latter enough trigrams must be there: a swap may spoil each of them.
    """

    def has_enough(word: str) -> Q:
        asked = Trigrams(Value(word))
        return Q(trigrams__overlap=asked) & Q(GreaterThanOrEqual(Shared("trigrams", asked), _enough(word)))

    return _each_word(folded, lambda word: has_enough(word) | _swapped(word))


def most_alike(folded: str) -> tuple[Any, ...]:
    """The order of rows that resemble it: those with letters swapped, then by how many of its trigrams they have."""
    swapped = Case(When(_each_word(folded, _swapped), then=0), default=1)
    return swapped, Shared("trigrams", Trigrams(Value(folded))).desc(), Length("folded_name")


def _enough(word: str) -> int:
    """Half of its trigrams, or all but the three that one wrong letter spoils: of short words that is less."""
    number = len({f" {word} "[at : at + 3] for at in range(len(word))})
    return max(1, min((number + 1) // 2, number - 3))


def _inside(word: str) -> Q:
    return Q(trigrams__contains=[word[at : at + 3] for at in range(len(word) - 2)])


def _swapped(word: str) -> Q:
    """Rows with the word that it is if two letters side by side change places."""
    variants = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return reduce(or_, map(_inside, sorted(variants)))


def _each_word(folded: str, fits: Callable[[str], Q]) -> Q:
    words = re.findall(r"\w+", folded)
    each = (begins(word) | fits(word) if len(word) > 2 else begins(word) for word in words)
    return reduce(and_, each) if 0 < len(words) <= MOST_WORDS else Q(pk__in=[])
