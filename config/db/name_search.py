"""Search by name, address or reference, ignoring case and accents, with an index of the extension `pg_trgm`.

Conditions are built for each word. `text` is the expression to search, such as `Words` of a folded name.
"""

import unicodedata
from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import models
from django.db.models import Q
from django.db.models.lookups import Contains, GreaterThanOrEqual, Regex

from config.typed_text import clean_typed

MOST_WORDS = 12
MOST_LETTERS = 30  # of a word: the cost of a search grows with them
MOST_RESEMBLING = 4  # words in a search for misspelt names, which compares names letter by letter
MOST_TYPED = 1000  # letters of a term
MOST_PHRASE_LETTERS = 255  # of an address or a reference
ALIKE = 0.34  # share of common trigrams that two errors in a long word leave, by experiment

# letters that Unicode does not decompose, and the final sigma
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ς": "σ", "ß": "ss", "æ": "ae", "œ": "oe"})


class Folded(models.Func):
    """Lower case without accents, in SQL; `fold` is the same in Python.

    The extension `unaccent` is not used: an index needs an immutable expression, and Python needs the same rule.
    """

    _lower = r"lower(regexp_replace(normalize(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g'))"
    template = f"replace(replace(replace(translate({_lower}, 'øłđıς', 'oldiσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')"
    output_field = models.TextField()


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not "\u0300" <= letter <= "\u036f").lower().translate(PLAIN)


class Words(models.Func):
    """Words of a folded text, with one blank around each, so that `LIKE` finds the beginning of a word."""

    # a list of characters, because \W in the collation C matches every letter outside of ASCII
    template = "(' ' || regexp_replace(%(expressions)s, '[[:space:][:punct:]]+', ' ', 'g') || ' ')"
    output_field = models.TextField()


class Joined(models.Func):
    """Texts with a blank between them. Each must be without NULL, such as a `Known` one."""

    arg_joiner = " || ' ' || "
    template = "(%(expressions)s)"
    output_field = models.TextField()


class Known(models.Func):
    """The text, or an empty one for NULL. A literal, because an index does not match a parameter."""

    template = "coalesce(%(expressions)s, '')"
    output_field = models.TextField()


class Elements(models.Func):
    """Elements of an array of texts, as one text. An index cannot use `array_to_string`: it is not immutable."""

    template = "array_to_tsvector(%(expressions)s::text[])::text"
    output_field = models.TextField()


NAME = Words(Folded("name"))  # companies, partners and sites have no column for it


def words_of(term: str) -> list[str]:
    """Split a term into different folded words: at most `MOST_WORDS`, each cut to `MOST_LETTERS`."""
    return list(dict.fromkeys(word[:MOST_LETTERS] for word in _split(term[:MOST_TYPED])))[:MOST_WORDS]


def phrases_of(term: str) -> list[str]:
    """Split a term at blanks; the words of `anna.miller@example.com` stay together, as `anna miller example com`."""
    phrases = (" ".join(_split(part))[:MOST_PHRASE_LETTERS] for part in term[:MOST_TYPED].split()[:MOST_WORDS])
    return list(filter(None, phrases))


def _split(term: str) -> list[str]:
    letters = (letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in fold(clean_typed(term)))
    return "".join(letters).split()


def name_index(name: str, text: Any = NAME) -> GinIndex:
    """Index for the conditions below."""
    return GinIndex(OpClass(text, "gin_trgm_ops"), name=name)


def search_index(name: str, text: Any, **options: Any) -> GinIndex:
    """Index for `begins_each`. Without a list of pending rows, so that each search costs the same."""
    return GinIndex(OpClass(text, "gin_trgm_ops"), name=name, fastupdate=False, **options)


def name_contains(term: str) -> Q:
    """Condition that the row's `name` contains each word of `term`, also inside its words."""
    return each_word(words_of(term), contains)


def begins_each(term: str, text: Any) -> Q:
    """Condition that each phrase of `term` begins at a word of the text."""
    return each_word(phrases_of(term), begins, text)


def mentions(text: str, term: str) -> bool:
    """True if a phrase of `term` begins at a word of the text; the same rule as `begins_each` in Python."""
    words = f" {' '.join(_split(text))} "
    return any(f" {phrase}" in words for phrase in phrases_of(term))


def each_word(words: Iterable[str], fits: Callable[[str, Any], Q], text: Any = NAME) -> Q:
    """Condition that each word matches. Without words, no row matches."""
    return reduce(and_, [fits(word, text) for word in words] or [Q(pk__in=[])])


def begins(word: str, text: Any) -> Q:
    """Condition that a word of the text begins with `word`."""
    return Q(Contains(text, f" {word}"))


def is_word(words: str, text: Any) -> Q:
    """Condition that the text contains `words` in this order, as whole words."""
    return Q(Contains(text, f" {words} "))


def contains(word: str, text: Any) -> Q:
    """Condition that the text contains `word`. One or two letters must begin a word of the text."""
    return Q(Contains(text, word)) if len(word) > 2 else begins(word, text)


def resembles(word: str, text: Any) -> Q:
    """Condition that the text contains `word` with at most one error: a letter wrong, missing, added or swapped.

    Nine letters or more may have about two errors. A short word must be a whole word of the text, or begin one.
    """
    if len(word) >= 9:
        third = len(word) // 3  # with two errors, one of three pieces is correct
        pieces = (word[:third], word[third : 2 * third], word[2 * third :])
        alike = GreaterThanOrEqual(TrigramWordSimilarity(word, text), ALIKE)
        return reduce(or_, (Q(Contains(text, piece)) for piece in pieces)) & Q(alike)
    slips = f"({'|'.join(_slips(word))})"
    slips = slips if len(word) > 5 else f" {slips}" if len(word) > 3 else f" {slips} "
    return contains(word, text) | Q(Regex(text, slips))


def likeness(words: Iterable[str], text: Any) -> TrigramWordSimilarity:
    """Similarity of the words and the text, from 0 to 1."""
    return TrigramWordSimilarity(" ".join(words), text)


def _slips(word: str) -> list[str]:
    """Regular expressions for one error in `word`, where a dot is any letter.

    In two letters, none may be wrong or added, because only one would be left.
    """
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    slips = {f"{before}.{behind}" for before, behind in halves}
    slips |= {before + behind[1] + behind[0] + behind[2:] for before, behind in halves if len(behind) > 1}
    if len(word) > 2:
        slips |= {f"{before}{wrong}{behind[1:]}" for before, behind in halves if behind for wrong in ("", ".")}
    return sorted(slips)
