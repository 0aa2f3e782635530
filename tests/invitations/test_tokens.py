"""The token in an invitation's URL."""

import statistics
import sys
import time
from uuid import uuid4

import pytest
from django.test import Client

from config.crypto.keyring import DecryptionError
from invitations.models import Invitation, find_invitation
from invitations.models.tokens import SHAPE, decrypt_token, encrypt_token, extract_token, hash_token, new_token
from tests.factories import make_invitation


def test_a_token_has_256_random_bits_in_43_letters_of_a_url():
    tokens = {new_token() for _ in range(200)}

    assert len(tokens) == 200
    assert all(SHAPE.fullmatch(token) for token in tokens)


def test_a_sealed_token_comes_back_for_its_owner_only():
    owner, token = uuid4(), new_token()
    sealed = encrypt_token(token, owner_id=owner)

    assert decrypt_token(sealed, owner_id=owner) == token
    with pytest.raises(DecryptionError):
        decrypt_token(sealed, owner_id=uuid4())


def test_neither_form_that_is_stored_has_the_token(company):
    invitation = make_invitation(company)

    stored = Invitation.objects.values().get(pk=invitation.pk)

    assert invitation.token not in str(stored)
    assert bytes(stored["token_hash"]) == hash_token(invitation.token)
    assert invitation.token.encode() not in bytes(stored["encrypted_token"])


def test_an_invitation_is_found_by_its_token_and_by_nothing_else(company):
    invitation = make_invitation(company)
    other = make_invitation(company)
    token = invitation.token

    assert find_invitation(token) == invitation
    for near in (token[:-1], token + "x", token.swapcase(), "", new_token(), invitation.token_hash.hex()):
        assert find_invitation(near) is None
    assert find_invitation(other.token) == other


def test_tokens_of_two_rows_that_were_swapped_open_neither(company):
    one, other = make_invitation(company), make_invitation(company)
    Invitation.objects.filter(pk=one.pk).update(encrypted_token=other.encrypted_token)
    one.refresh_from_db()

    with pytest.raises(DecryptionError):
        _ = one.token


@pytest.mark.django_db
def test_a_guess_that_is_nearly_right_takes_as_long_as_one_that_is_not(company, capsys):
    token = make_invitation(company).token
    near = token[:-2] + ("xx" if token[-2:] != "xx" else "yy")
    times = {near: [], new_token(): []}
    for number in range(402):
        guess = list(times)[number % 2]
        client = Client(REMOTE_ADDR=f"10.0.{number // 200}.{number % 200}")
        started = time.perf_counter()
        assert client.get(f"/p/i/{guess}").status_code == 404
        times[guess].append(time.perf_counter() - started)
    nearly, far = (statistics.median(each[1:]) * 1000 for each in times.values())
    with capsys.disabled():
        sys.stdout.write(f"\nnearly right {nearly:.2f} ms, quite wrong {far:.2f} ms (medians of 200)")
    assert 1 / 3 < nearly / far < 3


@pytest.mark.parametrize(
    "text",
    [
        "{token}",
        " {token}\n",
        "https://x.example/p/i/{token}",
        "<https://x.example/p/i/{token}/done?a=b#c>",
        "/p/i/{token}",
    ],
)
def test_a_token_is_found_in_what_was_pasted(text):
    token = new_token()

    assert extract_token(text.format(token=token)) == token


@pytest.mark.parametrize("text", ["", "anna@example.com", "/p/i/short", "x" * 42, "x" * 44, "/p/i/" + "x" * 44])
def test_nothing_else_is_a_token(text):
    assert extract_token(text) is None
