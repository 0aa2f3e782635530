"""Bars of the dashboard's tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A labelled number, as a part of `maximum`, with the address of the list of what it counts.

    `number` is `value` as text. `key` selects the explanation in the template.
    """

    key: str
    label: str
    url: str
    value: int
    number: str
    maximum: int = 0
    tone: str = "good"

    @property
    def share(self) -> str:
        """`62 %`. A part is never shown as 0 % or 100 %."""
        if not self.maximum:
            return "–"
        percent = round(100 * self.value / self.maximum)
        if self.value and not percent:
            return "< 1 %"
        return "> 99 %" if self.value < self.maximum and percent == 100 else f"{percent} %"


def capped_number(number: int, *, limit: int) -> str:
    """`10,000+` for a count that stopped at `limit`."""
    return f"{limit:,}+" if number > limit else f"{number:,}"
