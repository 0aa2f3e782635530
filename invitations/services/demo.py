"""Demo data: two partners, so that access to another partner's data can be tried."""

import hashlib
import hmac
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from companies.models import (
    TEST_PREFIX,
    ApiKey,
    Company,
    Partner,
    Scope,
    Site,
    User,
    hash_api_key,
    partner_scopes,
)
from companies.services.partners import issue_api_key
from connections.models import Connection
from connections.services.connections import create_connection
from connections.services.sandbox import ensure_demanding_sandbox, ensure_sandbox

STAFF_EMAIL = "staff@example.com"
PARTNER, OTHER_PARTNER = (
    UUID(int=0x0194F000_0000_7000_8000_000000000001),
    UUID(int=0x0194F000_0000_7000_8000_000000000002),
)
COMPANY, OTHER_COMPANY = (
    UUID(int=0x0194F000_0000_7000_8000_000000000011),
    UUID(int=0x0194F000_0000_7000_8000_000000000012),
)
SITES = {
    UUID(int=0x0194F000_0000_7000_8000_000000000021): ("Main bakery", "1 Mill Lane, Bath"),
    UUID(int=0x0194F000_0000_7000_8000_000000000022): ("Shop at the station", "Station Square 4, Bristol"),
    UUID(int=0x0194F000_0000_7000_8000_000000000023): ("Cold store", "Dock Road 12, Avonmouth"),
}


@transaction.atomic
def ensure_demo() -> dict[str, Any]:
    """Create missing demo data, and return how to use it.

    Keys and the password are derived from `SECRET_KEY`, so that they need not be stored to be shown again. A revoked
    key is replaced. The password is None if staff have changed it.
    """
    settings_of_partner = {
        "redirect_urls": ["https://northwind.example/thanks"],
        "embedding_origins": ["http://127.0.0.1:9000"],  # examples/embedding.py
    }
    partner = _ensure(Partner, PARTNER, name="Northwind Energy", **settings_of_partner)
    other = _ensure(Partner, OTHER_PARTNER, name="Southgate Data")
    company = _ensure(Company, COMPANY, partner=partner, name="Riverside Bakeries")
    _ensure(Company, OTHER_COMPANY, partner=other, name="Hilltop Hotels")
    ensure_sandbox()
    ensure_demanding_sandbox()
    for site_id, (name, address) in SITES.items():
        _ensure(Site, site_id, company=company, name=name, address=address)
    return {
        "baseUrl": settings.PUBLIC_URL,
        "apiKey": _ensure_key(partner, "Demo"),
        "testApiKey": _ensure_key(partner, "Demo of test mode", is_live=False),
        "otherPartnerApiKey": _ensure_key(other, "Demo of a stranger"),
        "companyId": str(company.pk),
        "siteIds": [str(site_id) for site_id in SITES],
        "connectionId": str(_ensure_connection(company).pk),
        "staffUsername": STAFF_EMAIL,
        "staffPassword": _ensure_staff(),
    }


def _ensure(model: Any, pk: UUID, **fields: Any) -> Any:
    return model.objects.get_or_create(pk=pk, defaults=fields)[0]


def _ensure_key(partner: Partner, name: str, *, is_live: bool = True) -> str:
    purpose, number = name, 1
    while (known := _find_key(_key_of(purpose, is_live=is_live))) and not known.is_active:
        number += 1
        purpose = f"{name} {number}"
    value = _key_of(purpose, is_live=is_live)
    scopes = [*partner_scopes(is_live=is_live), Scope.WEBHOOKS_WRITE.value]
    if known is None:
        issue_api_key(partner, name=purpose, value=value, is_live=is_live, scopes=scopes)
    return value


def _find_key(value: str) -> ApiKey | None:
    return ApiKey.objects.filter(secret_hash=hash_api_key(value)).first()


def _key_of(purpose: str, *, is_live: bool) -> str:
    begin = "lk_" if is_live else TEST_PREFIX
    return f"{begin}demo{_derive(f'prefix {purpose}')[:6]}_{_derive(f'key {purpose}')}"


def _ensure_connection(company: Company) -> Connection:
    return company.connections.order_by("pk").first() or create_connection(
        company,
        credentials={"username": "riverside", "password": _derive("connection")},
        url="https://portal.stadtwerke.example/login",
        utility_types=["ELECTRICITY"],
        country="DE",
    )


def _ensure_staff() -> str | None:
    password = _derive("staff")[:20]
    staff = User.objects.filter(email=STAFF_EMAIL).first()
    if staff is None:
        User.objects.create_superuser(STAFF_EMAIL, password, name="Demo Staff")
    elif not staff.check_password(password):
        return None
    return password


def _derive(purpose: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"latchkey demo {purpose}".encode(), hashlib.sha256).hexdigest()
