"""A client in Python, generated from the served OpenAPI document, against a real server."""

import json
import sys
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from invitations.models import Invitation
from tests.factories import make_api_key

PACKAGE = "generated_client"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Generates the package and makes it importable. Fails on each warning."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_bytes(Client().get("/v2/openapi.json").content)
    options = ConfigFile(post_hooks=[], package_name_override=PACKAGE)
    warnings = generate(
        config=Config.from_sources(options, MetaType.NONE, document, "utf-8", True, Path(folder / PACKAGE))
    )
    assert warnings == []
    sys.path.insert(0, str(folder))
    yield import_module(PACKAGE)
    sys.path.remove(str(folder))


@pytest.fixture
def client(package, company, live_server):
    client = package.AuthenticatedClient(
        base_url=live_server.url,
        token=make_api_key(company.partner)[1],
        prefix="",
        auth_header_name="X-API-KEY",
        httpx_args={"trust_env": False},
    )
    with client:  # closes its connection, for which the server would wait
        yield client


@pytest.fixture
def create(package):
    return import_module(f"{PACKAGE}.api.invitation.create_invitation").sync_detailed


@pytest.fixture
def models(package):
    return import_module(f"{PACKAGE}.models")


def test_generated_client_creates_an_invitation(create, models, client, company):
    body = models.CreateInvitationRequest(
        allowed_emails=["jane@example.com"],
        prefill=models.PrefillFieldsRequest(country="GB", utility_types=[models.UtilityTypesEnum.GAS]),
    )

    first, again = (create(company.pk, client=client, body=body, idempotency_key="order-7781") for _ in range(2))
    refused = create(uuid4(), client=client, body=body)

    invitation = Invitation.objects.get()
    assert (first.status_code, first.parsed.id, first.parsed.expires_at) == (201, invitation.pk, None)
    assert first.parsed.status is models.InvitationStatus.ACTIVE
    assert first.parsed.prefill.utility_types == [models.UtilityTypesEnum.GAS]
    assert (again.parsed, again.headers["Idempotent-Replayed"]) == (first.parsed, "true")
    assert (refused.status_code, refused.parsed.code) == (404, "NOT_FOUND")
    assert json.loads(refused.content)["requestId"] == refused.parsed.request_id
