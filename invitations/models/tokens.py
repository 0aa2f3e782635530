"""The token in a link: 256 random bits.

Looked up by its SHA-256, so that comparing takes the same time whatever the guess, and sealed, so that whoever may
see the invitation can be shown the link again. Its owner is the invitation, or the personal link. A dump of the
database opens neither.
"""

import hashlib
import re
import secrets
from uuid import UUID

from django.conf import settings

TOKEN_BYTES = 32
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
LINK = re.compile(rf"/p/i/({SHAPE.pattern})(?![A-Za-z0-9_-])")

# the path of a link that was copied with what stood behind it
COPIED = rf"""^p/i/(?P<token>{SHAPE.pattern})[\s.,;:!?…*'"’”»)\]}}>/]+\Z"""


def new_token() -> str:
    """43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def extract_token(text: str) -> str | None:
    """The token of a link that somebody pasted, with whatever stands around it; or of a text that may be a token."""
    if link := LINK.search(text):
        return link[1]
    return text.strip() if SHAPE.fullmatch(text.strip()) else None


def hash_token(token: str) -> bytes:
    """SHA-256, by which a token is found. It has 256 random bits: neither salt nor a slow hash would add anything."""
    return hashlib.sha256(token.encode()).digest()


def encrypt_token(token: str, *, owner_id: UUID) -> bytes:
    """Readable only with the keys from the environment, and only as that of the row `owner_id`."""
    return settings.KEYRING.encrypt(token.encode(), associated_data=f"token:{owner_id}")


def decrypt_token(sealed: bytes, *, owner_id: UUID) -> str:
    """Raises `config.crypto.keyring.DecryptionError` when its key has left the keyring."""
    return settings.KEYRING.decrypt(sealed, associated_data=f"token:{owner_id}").decode()
