"""Keyed hashes of stored values that outlive a rotation of `SECRET_KEY`."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def keyed_hash(salt: str, value: str | bytes) -> bytes:
    """SHA-256 HMAC by `SECRET_KEY`, for a new row. `salt` names the purpose."""
    return next(keyed_hashes(salt, value))


def keyed_hashes(salt: str, value: str | bytes) -> Iterator[bytes]:
    """Hashes by `SECRET_KEY` and by each of its fallbacks, for a search in stored rows."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(salt, value, secret=secret, algorithm="sha256").digest()


def is_keyed_hash(stored: bytes, salt: str, value: str | bytes) -> bool:
    """Compare with the hash by the current key and by its fallbacks, each in constant time."""
    return any(constant_time_compare(stored, each) for each in keyed_hashes(salt, value))
