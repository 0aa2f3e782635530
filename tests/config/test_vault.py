"""Secrets at rest."""

import base64
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from config.crypto.keyring import ID_BYTES, NONCE_BYTES, DecryptionError, Keyring


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


OLD, NEW = new_key(), new_key()
RING = Keyring([NEW, OLD])


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(secret=st.binary(max_size=200), binding=st.text(max_size=40))
def test_what_was_sealed_comes_back(secret, binding):
    try:
        binding.encode()
    except UnicodeEncodeError:
        return
    assert RING.decrypt(RING.encrypt(secret, associated_data=binding), associated_data=binding) == secret


@pytest.mark.parametrize("binding", ["credential:2", "", "credential:11", "CREDENTIAL:1", "token:1"])
def test_moved_to_another_row_it_does_not_open(binding):
    sealed = RING.encrypt(b"secret", associated_data="credential:1")

    with pytest.raises(DecryptionError):
        RING.decrypt(sealed, associated_data=binding)


def test_altered_anywhere_it_does_not_open():
    sealed = RING.encrypt(b"secret", associated_data="row")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(DecryptionError):
            RING.decrypt(bytes(altered), associated_data="row")


def test_cut_short_or_lengthened_it_does_not_open():
    sealed = RING.encrypt(b"secret", associated_data="row")
    for length in range(len(sealed)):
        with pytest.raises(DecryptionError):
            RING.decrypt(sealed[:length], associated_data="row")
    with pytest.raises(DecryptionError):
        RING.decrypt(sealed + b"\0", associated_data="row")


def test_another_key_does_not_open_it_and_says_nothing():
    sealed = RING.encrypt(b"secret", associated_data="row")

    with pytest.raises(DecryptionError) as refusal:
        Keyring([new_key()]).decrypt(sealed, associated_data="row")

    assert "secret" not in str(refusal.value)


def test_the_first_key_seals_and_every_key_opens_what_it_sealed():
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    of_old = before.encrypt(b"secret", associated_data="row")
    of_new = after.encrypt(b"secret", associated_data="row")

    assert after.decrypt(of_old, associated_data="row") == b"secret"
    assert of_new[:ID_BYTES] == after.current_key_id == Keyring([NEW]).current_key_id
    assert Keyring([NEW]).decrypt(of_new, associated_data="row") == b"secret"
    with pytest.raises(DecryptionError):
        Keyring([NEW]).decrypt(of_old, associated_data="row")


def test_the_same_secret_is_sealed_differently_each_time():
    sealed = {RING.encrypt(b"secret", associated_data="row") for _ in range(100)}

    assert len({each[ID_BYTES : ID_BYTES + NONCE_BYTES] for each in sealed}) == 100


def test_the_secret_is_not_in_what_is_stored():
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
def test_a_ring_without_proper_keys_is_refused_and_tells_none(keys):
    with pytest.raises(ImproperlyConfigured) as refusal:
        Keyring(keys)

    assert not any(key and key in str(refusal.value) for key in keys)


def test_both_alphabets_of_base64_are_the_same_key():
    raw = bytes(range(220, 252))
    standard, urlsafe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    assert standard != urlsafe

    sealed = Keyring([standard]).encrypt(b"secret", associated_data="row")

    assert Keyring([f" {urlsafe}\n"]).decrypt(sealed, associated_data="row") == b"secret"


def test_the_ring_does_not_tell_its_keys():
    text = repr(RING) + str(RING)

    assert NEW not in text
    assert base64.b64decode(NEW).hex() not in text
