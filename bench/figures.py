"""Arithmetic of a measurement, and its table."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import median

PROJECT, PEER = "Latchkey", "peer"


@dataclass(frozen=True)
class Figures:
    """One measurement. Times in milliseconds; those of processors are for each request."""

    per_second: float
    p50: float
    p99: float
    server: float
    database: float


def medians(rounds: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(*(median(values) for values in zip(*map(astuple, rounds), strict=True)))


@dataclass(frozen=True)
class Line:
    """An operation: the rounds of both servers, each with the same number."""

    operation: str
    project: Sequence[Figures]
    peer: Sequence[Figures]

    @property
    def ratio(self) -> float:
        return medians(self.project).per_second / medians(self.peer).per_second

    @property
    def ratios(self) -> list[float]:
        """The ratio of each round, from the lowest to the highest."""
        return sorted(ours.per_second / theirs.per_second for ours, theirs in zip(self.project, self.peer, strict=True))


def as_table(lines: Sequence[Line]) -> str:
    """Return the medians as a table of Markdown."""
    head = "operation | requests/s | ratio | of rounds | p50 ms | p99 ms | server ms | database ms"
    rows = [head, " | ".join(["---"] * 8)]
    for line in lines:
        ours, theirs = medians(line.project), medians(line.peer)
        rows.append(
            f"{line.operation} | {_pair(ours.per_second, theirs.per_second, 0)} | {line.ratio:.2f} | "
            f"{line.ratios[0]:.2f} to {line.ratios[-1]:.2f} | {_pair(ours.p50, theirs.p50, 1)} | "
            f"{_pair(ours.p99, theirs.p99, 1)} | {_pair(ours.server, theirs.server, 2)} | "
            f"{_pair(ours.database, theirs.database, 2)}"
        )
    return "\n".join(f"| {row} |" for row in rows)


def _pair(ours: float, theirs: float, digits: int) -> str:
    return f"{ours:.{digits}f} / {theirs:.{digits}f}"
