"""The guide of the API says what the OpenAPI document and the examples say."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from invitations.services.demo import ensure_demo
from tests.config.api.operations import operations
from tests.config.api.schemas import schema_errors

DOCS = Path(settings.BASE_DIR) / "docs"
PAGES = {
    path.name: path.read_text(encoding="utf-8") for path in (DOCS / "api.md", *sorted((DOCS / "api").glob("*.md")))
}
GUIDE = PAGES["api.md"]
OPERATION = re.compile(r"`((?:GET|POST|PATCH|DELETE)(?:\\?\|[A-Z]+)*) /v2/([^`?]+)")


def test_error_table_has_every_code():
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGES["errors.md"], re.MULTILINE)

    assert len(rows) == len(set(rows))
    assert set(rows) == {error for operation in operations() for error in operation.error_codes}


def test_named_operations_exist():
    known = {f"{operation.method} {_shape(operation.route)}" for operation in operations()}
    named = {
        f"{method.lower()} {_shape(path)}"
        for text in PAGES.values()
        for methods, path in OPERATION.findall(text)
        for method in re.findall(r"[A-Z]+", methods)
    }

    assert len(named) > 30
    assert named - known == set()


def _shape(path: str) -> str:
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


@pytest.mark.parametrize("name", ["verify_webhook.py", "verify_webhook.mjs", "verify_webhook.php"])
def test_examples_are_shown_verbatim(name):
    text = (Path(settings.BASE_DIR) / "examples" / name).read_text(encoding="utf-8").strip()

    assert f"\n{text}\n```" in PAGES["webhooks.md"]


def test_first_request_is_valid(db):
    demo = ensure_demo()
    (body,) = re.findall(r"-d '(.*?)'", GUIDE, re.DOTALL)

    assert f"export KEY={demo['apiKey']}\n" in GUIDE
    assert f"export TEST_KEY={demo['testApiKey']}\n" in GUIDE
    assert f"export COMPANY={demo['companyId']}\n" in GUIDE
    assert schema_errors({"$ref": "#/components/schemas/CreateInvitationRequest"}, json.loads(body)) == []
