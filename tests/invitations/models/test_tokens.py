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


def test_token_is_random_and_url_safe():
    tokens = {new_token() for _ in range(200)}

    assert len(tokens) == 200
    assert all(SHAPE.fullmatch(token) for token in tokens)


def test_encrypted_token_belongs_to_its_owner():
    owner, token = uuid4(), new_token()
    encrypted = encrypt_token(token, owner_id=owner)

    assert decrypt_token(encrypted, owner_id=owner) == token
    with pytest.raises(DecryptionError):
        decrypt_token(encrypted, owner_id=uuid4())


def test_stored_columns_hide_the_token(company):
    invitation = make_invitation(company)

    stored = Invitation.objects.values().get(pk=invitation.pk)

    assert invitation.token not in str(stored)
    assert bytes(stored["token_hash"]) == hash_token(invitation.token)
    assert invitation.token.encode() not in bytes(stored["encrypted_token"])


def test_find_invitation_by_exact_token(company):
    invitation = make_invitation(company)
    other = make_invitation(company)
    token = invitation.token

    assert find_invitation(token) == invitation
    for near in (token[:-1], token + "x", token.swapcase(), "", new_token(), invitation.token_hash.hex()):
        assert find_invitation(near) is None
    assert find_invitation(other.token) == other


def test_swapped_tokens_are_unreadable(company):
    one, other = make_invitation(company), make_invitation(company)
    Invitation.objects.filter(pk=one.pk).update(encrypted_token=other.encrypted_token)
    one.refresh_from_db()

    with pytest.raises(DecryptionError):
        _ = one.token


@pytest.mark.django_db
def test_near_guess_takes_no_longer(company, capsys):
    token = make_invitation(company).token
    near = token[:-2] + ("xx" if token[-2:] != "xx" else "yy")
    times = {near: [], new_token(): []}
    for number in range(102):
        guess = list(times)[number % 2]
        client = Client(REMOTE_ADDR=f"10.0.{number // 100}.{number % 100}")
        started = time.perf_counter()
        assert client.get(f"/p/i/{guess}").status_code == 404
        times[guess].append(time.perf_counter() - started)
    nearly, far = (statistics.median(each[1:]) * 1000 for each in times.values())
    with capsys.disabled():
        sys.stdout.write(f"\nnearly right {nearly:.2f} ms, quite wrong {far:.2f} ms (medians of 50)")
    assert 1 / 3 < nearly / far < 3


def test_extract_token_from_pasted_text():
    token = new_token()
    texts = (
        token,
        f" {token}\n",
        f"/p/i/{token}",
        f"https://x.example/p/i/{token[:9]}\u200b{token[9:]}。",
        f"<https://x.example/p/i/{token}/done?a=b#c>",
        f"https://x.example/p/i/{token[:9]}\r\n  {token[9:]} Danke",
        f"https://x.example/p/i/\n{token[:9]}=\n{token[9:]}.",
        f"<{token}>.",
    )

    assert {text: extract_token(text) for text in texts} == dict.fromkeys(texts, token)


def test_extract_token_ignores_other_text():
    texts = ("", "anna@example.com", "/p/i/short", "x" * 42, "x" * 44, "/p/i/" + "x" * 44)

    assert {text: extract_token(text) for text in texts} == dict.fromkeys(texts)
