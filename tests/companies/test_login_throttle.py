import logging
import statistics
import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.models import F
from django.urls import reverse

from companies import login_throttle
from companies.login_throttle import ACCOUNT_LIMIT, COOL_OFF, NETWORK_LIMIT, PAIR_LIMIT, delete_expired_attempts
from companies.models import User
from tests.companies.admin.pages import words
from tests.companies.login_attempts import guess, log_in
from tests.factories import UserFactory
from tests.races import race

PASSWORD = "correct horse battery"
ELSEWHERE = "198.51.100.7"


class ShorterHasher(PBKDF2PasswordHasher):
    """Still takes several times as long as the rest of a login."""

    iterations = PBKDF2PasswordHasher.iterations // 4


@pytest.fixture
def low_limits(monkeypatch):
    """Limits of an account and of a network that a test reaches in few requests."""
    monkeypatch.setattr(login_throttle, "ACCOUNT_LIMIT", 20)
    monkeypatch.setattr(login_throttle, "NETWORK_LIMIT", 10)


@pytest.fixture(autouse=True)
def _quick_passwords(quick_passwords):
    pass


@pytest.fixture
def mary(db):
    return UserFactory(email="mary@example.com", password=PASSWORD)


def pass_time(**units):
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(**units))


def test_fifth_wrong_password_locks_login(mary):
    assert guess(mary.email, PAIR_LIMIT) == [200] * (PAIR_LIMIT - 1) + [429]
    answer = log_in(mary.email, PASSWORD)

    assert answer.status_code == 429
    assert answer["Retry-After"] == str(int(COOL_OFF.total_seconds())) == "900"
    assert answer["Cache-Control"] == "no-store"
    assert "locked for 15 minutes" in words(answer)
    assert "ask an administrator to unlock it" in words(answer)
    assert mary.email not in words(answer)


def test_wrong_password_message_is_true(mary):
    shown = words(log_in(mary.email))

    assert "This email address and password do not belong to a member of staff." in shown
    assert "case-sensitive" not in shown  # the email is not
    assert log_in(mary.email.upper(), PASSWORD).status_code == 302


def test_lock_ends_after_cool_off(mary):
    guess(mary.email, PAIR_LIMIT)
    pass_time(minutes=14, seconds=50)
    assert log_in(mary.email, PASSWORD).status_code == 429
    pass_time(seconds=20)
    assert log_in(mary.email, PASSWORD).status_code == 302


def test_tries_while_locked_do_not_prolong(mary):
    guess(mary.email, PAIR_LIMIT)
    pass_time(minutes=10)
    guess(mary.email, 3)
    pass_time(minutes=6)

    assert log_in(mary.email, PASSWORD).status_code == 302


def test_guesses_elsewhere_do_not_lock_owner(mary):
    guess(mary.email, PAIR_LIMIT + 3, address=ELSEWHERE)

    assert log_in(mary.email, PASSWORD).status_code == 302


def test_limits_of_account_and_network():
    """NIST SP 800-63B-4: at most 100 guesses of an account."""
    assert (ACCOUNT_LIMIT, NETWORK_LIMIT, PAIR_LIMIT) == (100, 50, 5)


def test_account_locks_across_networks(mary, low_limits):
    accepted = 0
    for number in range(8):
        accepted += guess(mary.email, PAIR_LIMIT - 1, address=f"198.51.100.{number}").count(200)

    assert accepted == login_throttle.ACCOUNT_LIMIT - 1
    assert log_in(mary.email, PASSWORD, address="203.0.113.9").status_code == 429


def test_network_locks_across_accounts(mary, low_limits):
    limit = login_throttle.NETWORK_LIMIT
    answers = [log_in(f"somebody{number}@example.com").status_code for number in range(limit + 5)]

    assert answers.count(200) == limit - 1
    assert log_in(mary.email, PASSWORD).status_code == 429
    assert log_in(mary.email, PASSWORD, address="203.0.113.9").status_code == 302


def test_login_resets_own_counter_only(mary):
    guess(mary.email, PAIR_LIMIT - 1)
    guess(mary.email, 2, address=ELSEWHERE)
    log_in(mary.email, PASSWORD)

    assert guess(mary.email, PAIR_LIMIT - 1) == [200] * (PAIR_LIMIT - 1)
    assert AccessAttempt.objects.get(ip_address=ELSEWHERE).failures_since_start == 2


def test_variants_share_one_counter(mary):
    variants = {
        "spelling": lambda number: log_in(("MARY@example.com", " mary@example.com ")[number % 2]),
        "browser": lambda number: log_in(mary.email, user_agent=f"Browser {number}"),
        "IPv6 network": lambda number: log_in(mary.email, address=f"2001:db8:1:2::{number:x}"),
        "forged address": lambda number: log_in(mary.email, x_forwarded_for=f"203.0.113.{number}"),
    }
    accepted = {}
    for name, attempt in variants.items():
        AccessAttempt.objects.all().delete()
        accepted[name] = [attempt(number).status_code for number in range(PAIR_LIMIT + 2)].count(200)

    assert accepted == dict.fromkeys(variants, PAIR_LIMIT - 1)


def test_trusted_proxy_tells_client_address(mary, settings):
    settings.TRUSTED_PROXIES = 1

    answers = [log_in(mary.email, x_forwarded_for=f"203.0.113.{number}").status_code for number in range(7)]

    assert answers == [200] * 7


def test_malformed_address_counts_as_its_proxy(mary, settings, low_limits):
    settings.TRUSTED_PROXIES = 1
    for number in range(login_throttle.NETWORK_LIMIT + 5):
        said = ("unknown", "", ":443", "<script>", "999.1.1.1")[number % 5]
        log_in(f"somebody{number}@example.com", address="10.0.0.9", x_forwarded_for=said)

    assert AccessAttempt.objects.exclude(ip_address="10.0.0.9").count() == 0
    for said in ("203.0.113.9:51234", "[2001:db8::1]:443"):
        assert log_in(mary.email, PASSWORD, address="10.0.0.9", x_forwarded_for=said).status_code == 302


def test_ports_share_one_counter(mary, settings):
    settings.TRUSTED_PROXIES = 1
    answers = [log_in(mary.email, x_forwarded_for=f"203.0.113.9:{50000 + number}").status_code for number in range(6)]

    assert answers == [200] * 4 + [429] * 2


def test_clients_without_address_lock_accounts_only(mary, low_limits):
    for number in range(login_throttle.NETWORK_LIMIT + 5):
        assert log_in(f"somebody{number}@example.com", address="").status_code == 200

    assert log_in(mary.email, PASSWORD, address="").status_code == 302


def test_known_and_unknown_accounts_answer_alike(mary):
    UserFactory(email="off@example.com", password=PASSWORD, is_active=False)

    def answers(username):
        return [
            (answer.status_code, words(answer).replace(username, "").split('csrfmiddlewaretoken" value="')[0])
            for answer in (log_in(username) for _ in range(7))
        ]

    assert answers(mary.email) == answers("nobody@example.com") == answers("off@example.com")


def test_known_and_unknown_accounts_take_equal_time(db, settings):
    """Compare medians of seven pairs, up to three times: the machine may be busy."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{ShorterHasher.__name__}"]
    mary = UserFactory(email="mary@example.com", password=PASSWORD)

    def seconds(username):
        began = time.perf_counter()
        log_in(username, address=next(addresses))
        return time.perf_counter() - began

    addresses = (f"198.51.100.{number}" for number in range(250))
    seconds(mary.email)
    for _ in range(3):
        ratio = statistics.median(seconds(mary.email) / seconds("nobody@example.com") for _ in range(7))
        if 0.6 < ratio < 1.6:
            return
    pytest.fail(f"the time tells who has an account: {ratio:.2f}")


def test_typed_values_are_not_stored_or_logged(mary, caplog):
    caplog.set_level(logging.DEBUG)
    typed = [mary.email, "my-password-in-the-wrong-field", "<script>alert(1)</script>"]
    for username in typed:
        guess(username, PAIR_LIMIT + 1, password="a-password-that-is-wrong")

    stored = str(list(AccessAttempt.objects.values()))
    assert "192.0.2.1" in stored
    assert [secret for secret in (*typed, "a-password-that-is-wrong") if secret in stored + caplog.text] == []


def test_expired_attempts_are_deleted(mary):
    guess(mary.email, 2)
    assert delete_expired_attempts() == 0
    pass_time(minutes=16)

    assert delete_expired_attempts() == 1
    assert not AccessAttempt.objects.exists()


def test_axes_has_no_admin(admin_client):
    assert "axes" not in words(admin_client.get(reverse("admin:index")))


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_extra_tries():
    user = UserFactory(password=PASSWORD)

    got = race(40, lambda index: log_in(user.email, f"wrong {index}").status_code)

    assert set(got) <= {200, 429}, got
    assert got.count(200) < PAIR_LIMIT
    assert sum(AccessAttempt.objects.values_list("failures_since_start", flat=True)) <= PAIR_LIMIT


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_elsewhere_let_owner_in():
    user = UserFactory(password=PASSWORD)

    got = race(
        20, lambda index: log_in(user.email, PASSWORD if index == 0 else "wrong", f"192.0.2.{index}").status_code
    )

    assert got[0] == 302
    assert User.objects.get(pk=user.pk).last_login
