"""Encryption at rest."""

import base64
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config.crypto.keyring import ID_BYTES, NONCE_BYTES, DecryptionError, Keyring
from tests.fuzzing import examples


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


OLD, NEW = new_key(), new_key()
RING = Keyring([NEW, OLD])


@examples(50)
@given(secret=st.binary(max_size=200), associated_data=st.text(max_size=40))
def test_decrypt_returns_the_secret(secret, associated_data):
    try:
        associated_data.encode()
    except UnicodeEncodeError:
        return
    assert (
        RING.decrypt(RING.encrypt(secret, associated_data=associated_data), associated_data=associated_data) == secret
    )


def test_value_of_another_row_is_rejected():
    encrypted = RING.encrypt(b"secret", associated_data="credential:1")

    for associated_data in ("credential:2", "", "credential:11", "CREDENTIAL:1", "token:1"):
        with pytest.raises(DecryptionError):
            RING.decrypt(encrypted, associated_data=associated_data)


def test_altered_value_is_rejected():
    encrypted = RING.encrypt(b"secret", associated_data="row")
    for place in range(len(encrypted)):
        altered = bytearray(encrypted)
        altered[place] ^= 1
        with pytest.raises(DecryptionError):
            RING.decrypt(bytes(altered), associated_data="row")


def test_value_of_another_length_is_rejected():
    encrypted = RING.encrypt(b"secret", associated_data="row")
    for length in range(len(encrypted)):
        with pytest.raises(DecryptionError):
            RING.decrypt(encrypted[:length], associated_data="row")
    with pytest.raises(DecryptionError):
        RING.decrypt(encrypted + b"\0", associated_data="row")


def test_other_key_does_not_decrypt():
    encrypted = RING.encrypt(b"secret", associated_data="row")

    with pytest.raises(DecryptionError) as error:
        Keyring([new_key()]).decrypt(encrypted, associated_data="row")

    assert "secret" not in str(error.value)


def test_first_key_encrypts_all_keys_decrypt():
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    of_old = before.encrypt(b"secret", associated_data="row")
    of_new = after.encrypt(b"secret", associated_data="row")

    assert after.decrypt(of_old, associated_data="row") == b"secret"
    assert of_new[:ID_BYTES] == after.current_key_id == Keyring([NEW]).current_key_id
    assert Keyring([NEW]).decrypt(of_new, associated_data="row") == b"secret"
    with pytest.raises(DecryptionError):
        Keyring([NEW]).decrypt(of_old, associated_data="row")


def test_nonces_differ():
    encrypted = {RING.encrypt(b"secret", associated_data="row") for _ in range(100)}

    assert len({each[ID_BYTES : ID_BYTES + NONCE_BYTES] for each in encrypted}) == 100


def test_encrypted_value_hides_the_secret():
    assert b"secret" not in RING.encrypt(b"secret", associated_data="row")


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [""],
        ["short"],
        [base64.b64encode(b"x" * 31).decode()],
        [base64.b64encode(b"x" * 33).decode()],
        ["not base64 at all!" * 3],
        ["é" * 44],
        [new_key(), "short"],
    ],
)
def test_bad_keys_are_rejected_and_not_shown(keys):
    with pytest.raises(ImproperlyConfigured) as error:
        Keyring(keys)

    assert not any(key and key in str(error.value) for key in keys)


def test_both_base64_alphabets_are_accepted():
    raw = bytes(range(220, 252))
    standard, urlsafe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    assert standard != urlsafe

    encrypted = Keyring([standard]).encrypt(b"secret", associated_data="row")

    assert Keyring([f" {urlsafe}\n"]).decrypt(encrypted, associated_data="row") == b"secret"


def test_repr_hides_the_keys():
    text = repr(RING) + str(RING)

    assert NEW not in text
    assert base64.b64decode(NEW).hex() not in text
