"""Speed of Latchkey: `python -m bench`; see docs/speed.md."""


class Failed(Exception):
    """There are no figures, or they mean nothing: something was not answered as it should be."""
