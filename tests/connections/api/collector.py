"""API keys and credentials of a collector."""

from typing import Any

from companies.models import Company, Scope
from tests.conftest import Api
from tests.factories import make_api_key
from tests.secrecy import KNOWN

SCOPES = [Scope.CONNECTIONS_READ, Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS]
OF_LIVE_KEYS = set(Scope) - {Scope.TEST}
SECRETS = {
    "username": "name-at-the-utility",
    "password": " pa55wörd-at-the-utility ",
    "accountNumber": "number-at-the-utility",
    "securityAnswer": "answer-at-the-utility",
    "authenticatorSeed": "SEEDATTHEUTILITY",
}
KNOWN.note(*SECRETS.values())


def caller(company: Company, *scopes: str) -> Api:
    """Client of the company's partner with these scopes."""
    return Api(make_api_key(company.partner, scopes=list(scopes))[1])


def create(api: Api, company: Company, **body: Any) -> Any:
    """Create a connection; `body` may have a datasourceId instead of the url."""
    provider = {} if "datasourceId" in body else {"url": "https://portal.example.com/login"}
    return api.post(f"connection/company/{company.pk}", {**provider, **SECRETS, **body})
