"""Stored responses of idempotency keys: their encryption, and the erasure of addresses in them."""

from uuid import UUID

import orjson
from django.conf import settings

from companies.models import StoredAnswer
from config.crypto.keyed_hash import keyed_hash, keyed_hashes
from config.crypto.keyring import DecryptionError
from config.db.personal_data import SoughtAddress, map_texts

KEY_SALT = "latchkey.idempotency_key"


def associated_data(api_key_id: UUID, key: str) -> str:
    return f"answer:{api_key_id}:{key}"


def stored_keys(key: str) -> list[str]:
    """Return the forms in which an idempotency key may be stored: itself, or its hash by any valid `SECRET_KEY`."""
    return [key, *(each.hex() for each in keyed_hashes(KEY_SALT, key))]


def _hash_key(key: str) -> str:
    """Keyed hash that takes the place of an idempotency key in which an address was erased."""
    return keyed_hash(KEY_SALT, key).hex()


def replace_in_answers(sought: SoughtAddress, replacement: str) -> int:
    """Replace an address in stored responses, so that a retry still gets its response. Returns how many were changed.

    An idempotency key with the address becomes its hash. Responses that do not decrypt stay until they expire.
    """
    changed = []
    for answer in StoredAnswer.objects.select_for_update(no_key=True).order_by("pk").iterator(chunk_size=500):
        if _replace(answer, sought, replacement):
            changed.append(answer)
    StoredAnswer.objects.bulk_update(changed, ["key", "encrypted_body"], batch_size=500)
    return len(changed)


def _replace(answer: StoredAnswer, sought: SoughtAddress, replacement: str) -> bool:
    old = associated_data(answer.api_key_id, answer.key)
    try:
        body = settings.KEYRING.decrypt(bytes(answer.encrypted_body), associated_data=old)
    except DecryptionError:
        return False
    has_key = sought.replace_in(answer.key, "", "reference") != answer.key
    text = body.decode().lower()
    if not has_key and not any(spelling in text for spelling in sought.spellings):
        return False
    content = map_texts(orjson.loads(body), lambda each: sought.replace_in(each, replacement))
    answer.key = _hash_key(answer.key) if has_key else answer.key
    new = associated_data(answer.api_key_id, answer.key)
    answer.encrypted_body = settings.KEYRING.encrypt(orjson.dumps(content), associated_data=new)
    return True
