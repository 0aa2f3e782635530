"""Tokens of links: 256 random bits.

A token is found by its SHA-256, so that comparing takes constant time. It is also stored encrypted, so that the link
can be shown again. A dump of the database reveals neither. The owner is the invitation or the personal link.
"""

import hashlib
import logging
import re
import secrets
from collections.abc import Iterable, Iterator
from string import whitespace
from uuid import UUID

from django.conf import settings

from config.crypto.keyring import DecryptionError
from config.typed_text import UNSEEN, drop_unseen

logger = logging.getLogger("latchkey")

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
SHAPE = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")
# one letter of a token; a mail may break the line behind it, in quoted-printable with an equals sign
LETTER = rf"[A-Za-z0-9_-](?:=?[\s{UNSEEN}])*+"
LINK = re.compile(rf"/p/i/\s*+((?:{LETTER}){{42}}[A-Za-z0-9_-])(?![A-Za-z0-9_-])")

# the path of a link that was copied with what stands around it, or with marks and line breaks in it
CONTROLS = r"\x00-\x08\x0e-\x1f"
BEFORE = rf"[^\w=\-{CONTROLS}\U00010000-\U0010ffff]"
BEHIND = rf"[-_]{{0,3}}(?![A-Za-z0-9_-])/*+(?:[^\w/{CONTROLS}][^{CONTROLS}]*+)?"
COPIED = rf"^p/i/(?P<copied>(?!{SHAPE.pattern}\Z){BEFORE}*+(?:{LETTER}){{42}}[A-Za-z0-9_-]{BEHIND})\Z"


def new_token() -> str:
    """Return 43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def extract_token(text: str) -> str | None:
    """Find the token in a pasted link, with any text around it, or in a text that is only a token."""
    plain = drop_unseen(text)
    if link := LINK.search(plain):
        return token_of_copied(link[1])
    bare = plain.strip(whitespace + "<>()[]\"'.,;")
    return bare if SHAPE.fullmatch(bare) else None


def token_of_copied(path: str) -> str:
    """Return the token in a path that matches `COPIED`."""
    return re.sub(r"[^A-Za-z0-9_-]", "", path)[:TOKEN_LENGTH]


def hash_token(token: str) -> bytes:
    """Return the SHA-256. With 256 random bits neither a salt nor a slow hash would add anything."""
    return hashlib.sha256(token.encode()).digest()


def encrypt_token(token: str, *, owner_id: UUID) -> bytes:
    """Encrypt with the keys from the environment, bound to the row `owner_id`."""
    return settings.KEYRING.encrypt(token.encode(), associated_data=f"token:{owner_id}")


def decrypt_token(encrypted: bytes, *, owner_id: UUID) -> str:
    """Decrypt. Raises `config.crypto.keyring.DecryptionError` if the key is missing or the row is another."""
    return settings.KEYRING.decrypt(encrypted, associated_data=f"token:{owner_id}").decode()


def readable_token(encrypted: bytes, *, owner_id: UUID) -> str | None:
    return next(readable_tokens([(owner_id, encrypted)]))


def readable_tokens(rows: Iterable[tuple[UUID, bytes]]) -> Iterator[str | None]:
    """Decrypt. None if that fails, with an error in the log, so that one damaged row does not hide all others."""
    decrypt = settings.KEYRING.decrypt
    for owner_id, encrypted in rows:
        try:
            yield decrypt(encrypted, associated_data=f"token:{owner_id}").decode()
        except DecryptionError as error:
            logger.error("the link of %s cannot be decrypted: %s", owner_id, error)
            yield None


def unsubscribe_url(token: str) -> str:
    return f"{settings.PUBLIC_URL}/p/unsubscribe/{token}"


def public_url(token: str) -> str:
    """Build the link from `PUBLIC_URL`, never from the request's host."""
    return f"{settings.PUBLIC_URL}/p/i/{token}"


def withdraw_url(token: str) -> str:
    """Build the link of a receipt."""
    return f"{public_url(token)}/withdraw"
