"""Stored responses of idempotency keys: their encryption, and the erasure of addresses in them."""

from uuid import UUID

import orjson
from django.conf import settings
from django.utils.crypto import salted_hmac

from companies.models import StoredAnswer
from config.crypto.keyring import DecryptionError
from config.db.personal_data import SoughtAddress, map_texts


def associated_data(api_key_id: UUID, key: str) -> str:
    return f"answer:{api_key_id}:{key}"


def hash_key(key: str) -> str:
    """Keyed hash that takes the place of an idempotency key in which an address was erased."""
    return salted_hmac("latchkey.idempotency_key", key, algorithm="sha256").hexdigest()


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
    answer.key = hash_key(answer.key) if has_key else answer.key
    new = associated_data(answer.api_key_id, answer.key)
    answer.encrypted_body = settings.KEYRING.encrypt(orjson.dumps(content), associated_data=new)
    return True
