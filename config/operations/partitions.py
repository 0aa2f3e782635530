"""Figures of tables that are divided by time, for metrics and checks."""

from typing import NamedTuple

from config.operations.statements import PARTITIONS


class PartitionFigures(NamedTuple):
    """`end_seconds`: time until the end of the last partition. `other_bytes`: size of the rows that are in none."""

    table: str
    end_seconds: float
    other_bytes: int


def partition_figures() -> list[PartitionFigures]:
    """Return the figures of each divided table. One statement, which reads no rows of the tables."""
    return [PartitionFigures(*row) for row in PARTITIONS.rows()]
