"""The messages of webhooks in the OpenAPI document."""

from companies.models import PartnerEvent, PartnerEventType
from companies.services.webhooks.messages import represent_event
from config.api.document import openapi_document
from invitations.services.invitations import record_view
from tests.config.api.schemas import schema_errors
from tests.factories import make_connection, make_delivery, make_endpoint, make_invitation

MESSAGE = {"$ref": "#/components/schemas/WebhookMessage"}


def test_document_has_each_message():
    webhooks = {name: webhook["post"] for name, webhook in openapi_document()["webhooks"].items()}
    content = {name: webhook["requestBody"]["content"]["application/json"] for name, webhook in webhooks.items()}
    examples = {name: said["examples"][name]["value"] for name, said in content.items()}

    assert [*webhooks] == PartnerEventType.values
    assert {name: (each["type"], schema_errors(MESSAGE, each)) for name, each in examples.items()} == {
        name: (name, []) for name in webhooks
    }
    assert not [name for name, each in examples.items() if {"token", "invitationUrl"} & each["data"].keys()]
    assert {header["name"] for webhook in webhooks.values() for header in webhook["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
    assert len({webhook["operationId"] for webhook in webhooks.values()}) == len(webhooks)
    assert {str(said["schema"]) for said in content.values()} == {str(MESSAGE)}


def test_stored_events_match_the_document(company):
    record_view(make_invitation(company, max_uses=1, metadata={"a": "b"}))
    make_connection(company)
    make_delivery(make_endpoint(company))
    messages = [represent_event(event) for event in PartnerEvent.objects.all()]

    assert len(messages) == 4
    assert [error for message in messages for error in schema_errors(MESSAGE, message)] == []
