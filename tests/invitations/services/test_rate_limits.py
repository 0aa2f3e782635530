from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from invitations.exceptions import RateLimitExceeded
from invitations.models import RateLimitWindow
from invitations.models.tokens import new_token
from invitations.services.rate_limits import check_rate_limit, delete_old_windows, hash_mailbox
from tests.clock import stopped_at
from tests.invitations.clock import make_attempts_older
from tests.races import race

HOUR = timedelta(hours=1)


def attempts(key: str, number: int, *, limit: int = 3) -> None:
    for _ in range(number):
        check_rate_limit(key, limit=limit, per=HOUR)


def test_limit_holds_until_the_window_ends(db):
    attempts("one", 3)

    with pytest.raises(RateLimitExceeded) as refusal:
        attempts("one", 1)

    assert 3590 <= refusal.value.retry_after <= 3600
    assert refusal.value.status == 429


def test_window_slides(db):
    attempts("one", 2)
    make_attempts_older(timedelta(minutes=59))
    attempts("one", 1)
    make_attempts_older(timedelta(minutes=2))

    attempts("one", 2)
    with pytest.raises(RateLimitExceeded) as refusal:
        attempts("one", 1)

    assert 3470 <= refusal.value.retry_after <= 3480
    assert RateLimitWindow.objects.get().count == 3


def test_further_attempts_do_not_extend_the_wait(db):
    attempts("one", 3)
    make_attempts_older(timedelta(minutes=59))
    for _ in range(5):
        with pytest.raises(RateLimitExceeded) as refusal:
            attempts("one", 1)

    assert refusal.value.retry_after <= 60


def test_wait_is_at_least_a_second(db):
    with stopped_at(timezone.now() - HOUR + timedelta(milliseconds=300)):
        attempts("one", 3)
    with pytest.raises(RateLimitExceeded) as refusal:
        attempts("one", 1)

    assert refusal.value.retry_after == 1


def test_keys_have_separate_windows(db):
    attempts("one", 3)
    attempts("other", 3)


def guesses(address: str, number: int) -> list[int]:
    """The answers to unknown tokens from this address."""
    client = Client(REMOTE_ADDR=address)
    return [client.get(f"/p/i/{new_token()}").status_code for _ in range(number)]


def test_ipv6_network_shares_one_limit(db):
    assert guesses("2001:db8:1:2::1", 30) == guesses("2001:db8:1:2:ffff::2", 30) == [404] * 30
    assert guesses("2001:db8:1:2:a:b:c:d", 1) == [429]
    assert guesses("2001:db8:1:3::1", 1) == [404]


@pytest.mark.django_db(transaction=True)
def test_concurrent_attempts_are_all_counted():
    results = race(20, lambda _: check_rate_limit("one", limit=7, per=HOUR))

    assert sum(isinstance(result, RateLimitExceeded) for result in results) == 13
    assert RateLimitWindow.objects.get().count == 7


def test_old_windows_are_deleted(db):
    attempts("old", 1)
    RateLimitWindow.objects.update(started_at=timezone.now() - timedelta(days=2))
    attempts("new", 1)

    assert delete_old_windows(older_than=timedelta(days=1)) == 1
    assert RateLimitWindow.objects.get().key == "new"


def test_spellings_of_one_mailbox():
    for spellings in (
        ("anna@example.com", "anna+1@example.com", "anna+a+b@example.com"),
        ("annam@gmail.com", "anna.m@gmail.com", "a.n.n.a.m+x@googlemail.com"),
    ):
        assert len(set(map(hash_mailbox, spellings))) == 1
    assert len(set(map(hash_mailbox, ("anna.m@example.com", "annam@example.com", "anna@example.org")))) == 3
