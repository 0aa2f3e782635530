from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError
from django_otp.models import Device

from companies.models import Authenticator, RecoveryCode
from companies.services.second_factor import begin_second_factor
from config.crypto.keyring import DecryptionError
from tests.companies.authenticators import set_up
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_config_url_is_read_by_apps():
    begun = begin_second_factor(UserFactory(email="mary@example.com"))
    url = urlsplit(begun.config_url)

    assert (url.scheme, url.netloc, url.path) == ("otpauth", "totp", "/Latchkey%3Amary%40example.com")
    query = parse_qs(url.query)
    assert query == {"secret": [begun.base32_key], "issuer": ["Latchkey"]}
    assert len(b32decode(query["secret"][0])) == 20


def test_user_has_one_confirmed_authenticator():
    factor, _ = set_up(UserFactory())

    with pytest.raises(IntegrityError):
        Authenticator.objects.create(user=factor.user, encrypted_key=b"")


def test_session_id_finds_device():
    factor, _ = set_up(UserFactory())

    assert Device.from_persistent_id(factor.persistent_id) == factor


def test_key_is_bound_to_its_row():
    mine, theirs = (set_up(UserFactory())[0] for _ in range(2))
    mine.encrypted_key = theirs.encrypted_key

    with pytest.raises(DecryptionError):
        mine.verify_token("123456")


def test_database_has_no_key_or_code():
    factor, codes = set_up(UserFactory())
    stored = bytes(factor.encrypted_key) + b"".join(map(bytes, RecoveryCode.objects.values_list("digest", flat=True)))

    for secret in (factor.key, factor.base32_key.encode(), *(code.replace("-", "").encode() for code in codes)):
        assert secret not in stored
    assert factor.base32_key not in f"{factor!r} {factor} {factor.__dict__}"
