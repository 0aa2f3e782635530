"""Secrets at rest: sealed with keys from the environment, each bound to the row it belongs to.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A sealed value is
`key id (4 bytes) ‖ nonce (12) ‖ ciphertext and tag`. The text it is bound to, such as
`"credential:<connection id>"`, is authenticated with it: moved to another row, it does not open.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

ID_BYTES = 4
NONCE_BYTES = 12


class DecryptionError(Exception):
    """The value was altered, moved to another row, or sealed with a key that is gone."""


class Keyring:
    """The keys, newest first: the first one seals, each one opens what it sealed.

    Takes 32-byte keys as Base64, standard or URL-safe alphabet; refuses an empty ring and any other size.
    """

    def __init__(self, encoded_keys: Sequence[str]) -> None:
        keys = [_decode(encoded) for encoded in encoded_keys]
        if not keys:
            raise ImproperlyConfigured("ENCRYPTION_KEYS needs at least one key.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self.sealing_key_id = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._ciphers)}>"

    def has(self, encoded_key: str) -> bool:
        """Whether this key is on the ring, first or not."""
        return _key_id(_decode(encoded_key)) in self._ciphers

    def has_id(self, key_id: bytes) -> bool:
        """Whether the key that a sealed value begins with is on the ring: without it the value does not open."""
        return key_id in self._ciphers

    def encrypt(self, secret: bytes, *, associated_data: str) -> bytes:
        """`secret`, readable only with this ring and only for `associated_data`."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self.sealing_key_id]
        return self.sealing_key_id + nonce + cipher.encrypt(nonce, secret, associated_data.encode())

    def decrypt(self, sealed: bytes, *, associated_data: str) -> bytes:
        """What was sealed. Raises `DecryptionError`, which says nothing of the content."""
        cipher = self._ciphers.get(sealed[:ID_BYTES])
        if cipher is None:
            raise DecryptionError("no key on the ring opens this value")
        nonce = sealed[ID_BYTES : ID_BYTES + NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[ID_BYTES + NONCE_BYTES :], associated_data.encode())
        except (InvalidTag, ValueError):
            raise DecryptionError("the value does not belong to this row") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"latchkey key id" + key).digest()[:ID_BYTES]


def _decode(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("Each of ENCRYPTION_KEYS must be 32 bytes in Base64.")
    return key
