"""The frame around a page."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings


class Frame(NamedTuple):
    """The frame around a page. Its visitor does not see the address of the page."""

    origins: Sequence[str]

    @property
    def host(self) -> str:
        return urlsplit(settings.PUBLIC_URL).netloc

    @property
    def operator(self) -> str:
        return str(settings.OPERATOR_NAME)
