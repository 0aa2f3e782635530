"""Fail a test run whose logs contain a secret.

Each process of xdist logs to a file in the production format. Output of processes that tests start goes to files, too
(`searched_output`). After the last test, all files are searched for every secret that was typed or created. A match is
an error of the last test.
"""

import base64
import hashlib
import json
import logging
import logging.config
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote, quote_plus

import pytest
from django.conf import settings

from config.crypto.keyring import Keyring
from invitations.models import VerificationCode

SHORTEST = 8  # shorter texts appear by chance
MOST_ALIKE = 4  # texts of few different characters, too: many ids contain 00000000
OF_PROGRAMS = re.compile(r"[a-z:/_.]+")  # such as https://: fuzzing sends constants of the code as passwords
CODE = re.compile(r"(?<![\w.:+-])[0-9]{6}(?![\w.:-])")  # six digits, too, but not as a separate value
FIRST, LAST = "the first test begins", "the last test is done"
logger = logging.getLogger("latchkey.tests")


class Secrets:
    """Secrets to search for."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def note(self, *texts: str) -> None:
        self._known.update(texts)

    def __contains__(self, text: str) -> bool:
        return text in self._known

    def lines_of(self, text: str) -> set[str]:
        """Lines of `text` with a secret. Reads the text once for any number of secrets."""
        forms = defaultdict(set)
        for secret in self._known:
            for form in forms_of(secret) if is_telling(secret) else ():
                forms[form[:SHORTEST]].add(form)
        found = {match.start() for match in CODE.finditer(text) if match[0] in self._known}
        for place in range(len(text)):
            if any(text.startswith(form, place) for form in forms.get(text[place : place + SHORTEST], ())):
                found.add(place)
        return {text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0] for place in found}


KNOWN = Secrets()
OUTPUTS: list[IO[str]] = []


def searched_output() -> IO[str]:
    """File for the output of a process, searched with the log of this one."""
    OUTPUTS.append(TemporaryFile("a+", encoding="utf-8", errors="replace"))  # noqa: SIM115 - until all is done
    return OUTPUTS[-1]


def is_telling(secret: str) -> bool:
    """True if a match of this secret cannot be chance."""
    return len(secret) >= SHORTEST and len(set(secret)) > MOST_ALIKE and not OF_PROGRAMS.fullmatch(secret)


def forms_of(secret: str) -> Iterator[str]:
    """Forms of a secret: plain, escaped, hexadecimal, Base64, and hashed without a key."""
    raw = secret.encode(errors="replace")
    secret = raw.decode()
    hashes = [hashlib.new(name, raw).digest() for name in ("md5", "sha1")]
    yield from (secret, quote(secret), quote_plus(secret), secret.encode("unicode_escape").decode())
    yield from (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    for each in (raw, *hashes):
        yield each.hex()
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(each).decode().rstrip("=")[:-1]


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_the_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Search the log of this process after its last test."""
    file = tmp_path_factory.mktemp("logged") / "log"
    logging.config.dictConfig(as_in_production(file))
    with listening():
        logger.info(FIRST)
        yield
        logger.info(LAST)
    text = file.read_text()
    assert FIRST in text, "nothing was logged"
    assert LAST in text, "a test ended the log"
    found = KNOWN.lines_of("\n".join([text, *map(whole, OUTPUTS)]))
    assert not found, "secrets in the log:\n" + "\n".join(sorted(found))


def whole(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def as_in_production(file: Path) -> dict[str, Any]:
    """Logging settings in the format of production, with a file instead of standard error."""
    console = settings.LOGGING["handlers"]["console"] | {"formatter": "json"}
    console |= {"class": "logging.FileHandler", "filename": str(file), "encoding": "utf-8"}
    return settings.LOGGING | {"handlers": {"console": console}}


@contextmanager
def listening() -> Iterator[None]:
    """Note every secret that is encrypted, drawn for a link or a key, or sent as a code."""
    seal, draw, digits = Keyring.encrypt, secrets.token_urlsafe, VerificationCode.digits.fget

    def seal_and_note(ring: Keyring, secret: bytes, *, associated_data: str) -> bytes:
        KNOWN.note(*secret_texts(secret, associated_data))
        return seal(ring, secret, associated_data=associated_data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keyring, "encrypt", seal_and_note)
        patch.setattr(secrets, "token_urlsafe", noted(draw))
        patch.setattr(VerificationCode, "digits", property(noted(digits)))
        yield


def noted(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def make_and_note(*given: Any) -> str:
        made = make(*given)
        KNOWN.note(made)
        return made

    return make_and_note


def secret_texts(secret: bytes, associated_data: str) -> list[str]:
    """Secrets in the plaintext, by the purpose that its associated data names. Stored responses are left out."""
    match associated_data.partition(":")[0]:
        case "credential" if secret.startswith(b"{"):  # tests of the keyring encrypt anything
            return list(texts_in(json.loads(secret)))
        case "token":
            return [secret.decode(errors="replace")]
        case "webhook":
            return secret.decode(errors="replace").split()
        case "authenticator":
            return [base64.b32encode(secret).decode()]
    return []


def texts_in(value: Any) -> Iterator[str]:
    """Strings of a JSON value, at any depth."""
    match value:
        case str():
            yield value
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from texts_in(each)
