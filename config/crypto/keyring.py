"""Encryption at rest with keys from the environment.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. An encrypted value is
`key id (4 bytes) ‖ nonce (12) ‖ ciphertext and tag`. The associated data, such as `"credential:<connection id>"`, is
authenticated with it: a value that was moved to another row does not decrypt.
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
    """The value was altered, moved to another row, or encrypted with a key that is not on the ring."""


class Keyring:
    """Keys, newest first: the first one encrypts, all of them decrypt.

    Takes 32-byte keys in Base64, in the standard or the URL-safe alphabet.
    """

    def __init__(self, encoded_keys: Sequence[str]) -> None:
        keys = [decode_key(encoded) for encoded in encoded_keys]
        if not keys:
            raise ImproperlyConfigured("ENCRYPTION_KEYS needs at least one key.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self.current_key_id = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._ciphers)}>"

    def __len__(self) -> int:
        return len(self._ciphers)

    def has_key_of(self, encrypted: bytes) -> bool:
        """True if what `encrypt` returned once was encrypted with a key of this ring."""
        return self.has_key_id(encrypted[:ID_BYTES])

    def has_key_id(self, key_id: bytes) -> bool:
        return key_id in self._ciphers

    def encrypt(self, secret: bytes, *, associated_data: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self.current_key_id]
        return self.current_key_id + nonce + cipher.encrypt(nonce, secret, associated_data.encode())

    def decrypt(self, encrypted: bytes, *, associated_data: str) -> bytes:
        """Return the secret. Raises `DecryptionError`, whose message does not contain the value."""
        cipher = self._ciphers.get(encrypted[:ID_BYTES])
        if cipher is None:
            raise DecryptionError("no key on the ring decrypts this value")
        nonce = encrypted[ID_BYTES : ID_BYTES + NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, encrypted[ID_BYTES + NONCE_BYTES :], associated_data.encode())
        except (InvalidTag, ValueError):
            raise DecryptionError("the value was altered or belongs to another row") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"latchkey key id" + key).digest()[:ID_BYTES]


def decode_key(encoded: str) -> bytes:
    """Return the 32 bytes of a key. Raises `ImproperlyConfigured`, without the key, for anything else."""
    try:
        key = base64.b64decode(encoded.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("Each of ENCRYPTION_KEYS must be 32 bytes in Base64.")
    return key
