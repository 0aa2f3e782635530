"""Find and replace one person's address in columns of text, JSON and arrays."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, zip_longest
from typing import Any, Literal
from urllib.parse import quote

import idna
from django.db.models import F, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Lower, StrIndex
from django.db.models.lookups import GreaterThan

AT_SIGNS = ("@", "＠", "﹫", "%40")
BATCH_SIZE = 500
FILE_ENDINGS = "csv|tsv|txt|xlsx?|ods|numbers|json|pdf|eml"
AFTER_ESCAPE = "(?<=%[0-9a-f]{2})(?<!%2[bde])"
# what may stand before and behind an address: nothing that would belong to it, as in `joanna@` or `o'brien@`
BOUNDARIES = {
    "text": (rf"(?:(?<![\w.+-])(?<!\w')|{AFTER_ESCAPE})", r"(?![.-]?[^\W_])"),
    # references are made of parts: `crm-anna@example.com_2`
    "reference": (rf"(?:(?<![^\W_])|{AFTER_ESCAPE})", rf"(?![^\W_]|\.(?!(?:{FILE_ENDINGS})\b)[^\W_])"),
}
LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
# begins at a boundary, so that the cost grows with the length of a text and not with its square
ANY_ADDRESS = re.compile(rf"(?<!{LOCAL}){LOCAL}+(?:[@＠﹫]|%40)[\w-]+(?:\.[\w-]+)+")


Holds = Literal["text", "reference", "address"]


@dataclass(frozen=True)
class PersonalColumn:
    """A column that may have addresses.

    One that holds `address` has one address and nothing else, in each value or element. If it also `becomes_null`, it
    needs no replacement. Texts in JSON are cut after a replacement: values at `max_length`, names at
    `max_name_length`.
    """

    model: type[Model]
    name: str
    holds: Holds = "text"
    becomes_null: bool = False
    max_length: int | None = None
    max_name_length: int | None = None

    def rows_with(self, sought: "SoughtAddress") -> QuerySet[Any]:
        """Rows that have a spelling of the address, or a longer address that ends or begins like it."""
        text = Lower(Cast(F(self.name), TextField()))
        conditions = Q()
        for spelling in sought.spellings:
            conditions |= Q(GreaterThan(StrIndex(text, Value(spelling)), Value(0)))
        return self.model._base_manager.filter(conditions).order_by("pk")

    def replaced(self, value: Any, sought: "SoughtAddress", replacement: str) -> Any:
        def change(text: str, length: int | None) -> str:
            new = sought.replace_in(text, replacement, self.holds)
            return text if new == text else new[:length]

        if self.becomes_null:
            return None if value.lower() in sought.spellings else value
        most, most_of_name = self._most, self.max_name_length or self._most
        return map_texts(value, lambda text: change(text, most), lambda name: change(name, most_of_name))

    @property
    def _most(self) -> int | None:
        field: Any = self.model._meta.get_field(self.name)
        length: int | None = self.max_length or getattr(field, "base_field", field).max_length
        return length


@dataclass(frozen=True)
class SoughtAddress:
    """A normalized address, with its spellings in texts: any case, a domain in its own letters, and in a URL."""

    address: str

    @cached_property
    def spellings(self) -> list[str]:
        local, _at, domain = self.address.rpartition("@")
        domains = {domain, _in_own_letters(domain)}
        locals_of = {at: quote(local, safe="").lower() if at == "%40" else local for at in AT_SIGNS}
        return sorted({f"{locals_of[at]}{at}{each}" for at in AT_SIGNS for each in domains})

    def replace_in(self, text: str, replacement: str, holds: Holds = "text") -> str:
        if holds == "address":
            return replacement if text.lower() in self.spellings else text
        return self._patterns[holds].sub(lambda found: replacement, text)

    def mask_others(self, text: str, mask: str, holds: Holds = "text") -> str:
        """Replace all other addresses in the text."""
        if holds == "address":
            return text if text.lower() in self.spellings else mask
        pattern = self._patterns[holds]
        others = [ANY_ADDRESS.sub(mask, part) for part in pattern.split(text)]
        return "".join(chain.from_iterable(zip_longest(others, pattern.findall(text), fillvalue="")))

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        spelt = "|".join(map(re.escape, self.spellings))
        return {
            holds: re.compile(f"{before}(?:{spelt}){behind}", re.IGNORECASE)
            for holds, (before, behind) in BOUNDARIES.items()
        }


def find_address(
    columns: Sequence[PersonalColumn], address: str, *, mask: str
) -> Iterator[tuple[PersonalColumn, str, Any]]:
    """Yield the column, the row's id and the value for each value with `address`. `mask` replaces other addresses."""
    sought = SoughtAddress(address)
    for each in columns:
        for key, value in each.rows_with(sought).values_list("pk", each.name):
            if each.replaced(value, sought, "") != value:
                yield each, str(key), map_texts(value, partial(sought.mask_others, mask=mask, holds=each.holds))


def replace_address(columns: Sequence[PersonalColumn], address: str, replacement: str) -> int:
    """Replace `address`, in any spelling, in all rows. Returns how many values were changed."""
    sought, changed = SoughtAddress(address), 0
    for each in columns:
        locked = each.rows_with(sought).select_for_update(of=("self",), no_key=True)
        values = [
            (key, value, each.replaced(value, sought, replacement))
            for key, value in locked.values_list("pk", each.name)
        ]
        rows = [each.model(pk=key, **{each.name: new}) for key, value, new in values if new != value]
        each.model._base_manager.bulk_update(rows, [each.name], batch_size=BATCH_SIZE)
        changed += len(rows)
    return changed


def map_texts(value: Any, change: Callable[[str], str], change_name: Callable[[str], str] | None = None) -> Any:
    """Apply a function to each text in a value of text, JSON or an array, also to names in JSON."""
    match value:
        case str():
            return change(value)
        case list():
            return [map_texts(each, change, change_name) for each in value]
        case dict():
            return {(change_name or change)(name): map_texts(each, change, change_name) for name, each in value.items()}
    return value


def _in_own_letters(domain: str) -> str:
    """`bücher.example` for `xn--bcher-kva.example`. The same domain if it has no other form."""
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
