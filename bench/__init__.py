"""Benchmark: `python -m bench`. See docs/speed.md."""


class Failed(Exception):
    """The benchmark has no valid figures, because a request failed or the server did not start."""
