"""Bars, drawn by a template: numbers with their words, their list, and how long they are."""

from collections.abc import Sequence
from dataclasses import dataclass

ROW = 44
LEAST = 0.6


@dataclass(frozen=True)
class Bar:
    """`number` is in words already; `share` and `width` are hundredths of the longest bar."""

    words: str
    number: str
    link: str
    size: int
    tone: str = "good"
    meaning: str = ""
    longest: int = 0
    top: int = 0

    @property
    def share(self) -> str:
        """“62 %”, and never 0 % of what there is, nor 100 % of what is not all."""
        if not self.longest:
            return "–"
        per_cent = round(100 * self.size / self.longest)
        if self.size and not per_cent:
            return "< 1 %"
        return "> 99 %" if self.size < self.longest and per_cent == 100 else f"{per_cent} %"

    @property
    def width(self) -> str:
        """Of the bar, in SVG; what is not nothing is seen."""
        return f"{max(100 * self.size / self.longest, LEAST):.2f}%" if self.size and self.longest else "0"

    @property
    def words_at(self) -> int:
        return self.top + 15

    @property
    def bar_at(self) -> int:
        return self.top + 23


@dataclass(frozen=True)
class Chart:
    """Bars below each other, the same as the rows of the table beside them."""

    name: str
    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return ROW * len(self.bars)

    @property
    def told(self) -> str:
        """In one sentence, for those who do not see it."""
        return "; ".join(f"{bar.words}: {bar.number}" for bar in self.bars) + "."


def chart(name: str, title: str, bars: Sequence[Bar], *, longest: int) -> Chart:
    """The bars in this order, each measured by `longest`."""
    placed = [
        Bar(bar.words, bar.number, bar.link, bar.size, bar.tone, bar.meaning, longest, place * ROW)
        for place, bar in enumerate(bars)
    ]
    return Chart(name, title, placed)


def in_words(number: int, *, most: int) -> str:
    """A number that was counted no further than `most`: “10,000+” when there is more."""
    return f"{most:,}+" if number > most else f"{number:,}"
