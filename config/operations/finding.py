from typing import NamedTuple


class Finding(NamedTuple):
    """Something that is wrong, and what to do. One that is not grave is advice."""

    subject: str
    sentence: str
    remedy: str
    is_grave: bool = True

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence} {self.remedy}"
