"""Arithmetic of a measurement, and its table."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import median

PROJECT = "Latchkey"


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
    """An operation: the rounds of each server, each with the same number. Latchkey's are the first."""

    operation: str
    servers: dict[str, list[Figures]]

    def ratios(self, peer: str) -> list[float]:
        """Return Latchkey's requests per second to that of a peer, in each round, from the lowest to the highest."""
        ours, theirs = self.servers[PROJECT], self.servers[peer]
        return sorted(one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True))

    def ratio(self, peer: str) -> float:
        return medians(self.servers[PROJECT]).per_second / medians(self.servers[peer]).per_second


def as_table(lines: Sequence[Line]) -> str:
    """Return the medians as a table of Markdown. Each cell has the figures of all servers."""
    peers = [name for name in lines[0].servers if name != PROJECT]
    head = ["operation", "requests/s", *(f"ratio to {peer}" for peer in peers)]
    head += ["p50 ms", "p99 ms", "server ms", "database ms"]
    rows = [" | ".join(head), " | ".join(["---"] * len(head))]
    for line in lines:
        all_medians = [medians(rounds) for rounds in line.servers.values()]
        cells = [line.operation, _join([each.per_second for each in all_medians], 0)]
        cells += [_ratio(line, peer) for peer in peers]
        cells += [
            _join([each.p50 for each in all_medians], 1),
            _join([each.p99 for each in all_medians], 1),
            _join([each.server for each in all_medians], 2),
            _join([each.database for each in all_medians], 2),
        ]
        rows.append(" | ".join(cells))
    return "\n".join(f"| {row} |" for row in rows)


def _ratio(line: Line, peer: str) -> str:
    ratios = line.ratios(peer)
    return f"**{line.ratio(peer):.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def _join(values: Sequence[float], digits: int) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in values)
