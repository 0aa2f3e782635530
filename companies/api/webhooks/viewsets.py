"""Webhook endpoints and their deliveries."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.api.webhooks.deliveries import (
    DeliveryQuery,
    RedeliveredSerializer,
    WebhookDeliveryDetailSerializer,
    WebhookDeliverySerializer,
    represent_delivery,
    represent_detail,
)
from companies.api.webhooks.serializers import (
    CreateWebhook,
    RedeliverFailed,
    UpdateWebhook,
    WebhookSerializer,
    WebhookWithSecretSerializer,
    represent_webhook,
    represent_with_secret,
)
from companies.exceptions import TooManyWebhooks, WebhookInactive
from companies.models import Scope, WebhookDelivery, WebhookEndpoint, WebhookEndpointQuerySet
from companies.services.webhooks.company_filter import of_its_companies
from companies.services.webhooks.endpoints import (
    check_endpoint,
    create_endpoint,
    delete_endpoint,
    pause_endpoint,
    resume_endpoint,
    rotate_secret,
    send_test_event,
    update_endpoint,
)
from companies.services.webhooks.redelivery import redeliver, redeliver_failed
from config.api.conditional import conditional
from config.api.fields import EmptyBody
from config.api.pagination import KeysetPagination
from config.api.query import PageQuery
from config.api.schema import errors
from config.db.index_hints import newest_first_for


class WebhookBase(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = dict.fromkeys(
        ("GET", "POST", "PATCH", "DELETE"), Scope.WEBHOOKS_WRITE
    )

    def get_queryset(self) -> WebhookEndpointQuerySet:
        return WebhookEndpoint.objects.visible_to(self.api_key)

    @property
    def endpoint(self) -> WebhookEndpoint:
        """The endpoint in the path. Raises `Http404` if the API key does not see it."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["webhook_id"])


class WebhookViewSet(WebhookBase):
    query_serializers = {"list": PageQuery}
    pagination_class = KeysetPagination.named("webhooks")
    lookup_url_kwarg = "webhook_id"

    @extend_schema(operation_id="listWebhooks", summary="List webhook endpoints", responses={200: WebhookSerializer})
    def list(self, request: Request) -> Response:
        """Returns the endpoints, newest first. A key that is limited to companies sees those that get no others."""
        return self.paginated(
            self.get_queryset().order_by("-pk"), lambda rows: [represent_webhook(row) for row in rows]
        )

    @extend_schema(
        operation_id="createWebhook",
        summary="Create a webhook endpoint",
        request=CreateWebhook,
        responses={201: WebhookWithSecretSerializer, **errors(TooManyWebhooks)},
    )
    @idempotent
    @sensitive_variables()
    def create(self, request: Request) -> Response:
        """Creates an endpoint, which gets every event from now on that its filters allow.

        Only `url` is required. Null means omitted. The response is the only one with its `secret`. At most 50.
        """
        fields = self.validated(CreateWebhook, self._check)
        endpoint, secret = create_endpoint(self.api_key.world, by=self.actor, **fields)
        return Response(represent_with_secret(endpoint, secret), status=201)

    @extend_schema(operation_id="getWebhook", summary="Get a webhook endpoint", responses={200: WebhookSerializer})
    @conditional
    def retrieve(self, request: Request, webhook_id: UUID) -> dict[str, Any]:
        """Returns one endpoint, without its secret."""
        return represent_webhook(self.endpoint)

    @extend_schema(
        operation_id="updateWebhook",
        summary="Update a webhook endpoint",
        request=UpdateWebhook,
        responses={200: WebhookSerializer},
    )
    def partial_update(self, request: Request, webhook_id: UUID) -> Response:
        """Changes the fields that are sent. Null removes `contactEmail`. Waiting events go to the new `url`."""
        endpoint = self.endpoint
        changes = self.validated(UpdateWebhook, self._check)
        return Response(represent_webhook(update_endpoint(endpoint, by=self.actor, **changes)))

    @extend_schema(
        operation_id="deleteWebhook", summary="Delete a webhook endpoint", responses={200: WebhookSerializer}
    )
    def destroy(self, request: Request, webhook_id: UUID) -> Response:
        """Stops sending at once, and deletes the endpoint with its deliveries.

        The response shows the endpoint for the last time. The events stay in the feed.
        """
        endpoint = self.endpoint
        delete_endpoint(endpoint, by=self.actor)
        return Response(represent_webhook(endpoint))

    @extend_schema(
        operation_id="pauseWebhook",
        summary="Pause a webhook endpoint",
        request=EmptyBody,
        responses={200: WebhookSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, webhook_id: UUID) -> Response:
        """Sends nothing more until it is resumed. Events wait for it. Pausing it again changes nothing."""
        endpoint = self.endpoint
        self.validated(EmptyBody)
        return Response(represent_webhook(pause_endpoint(endpoint, by=self.actor)))

    @extend_schema(
        operation_id="resumeWebhook",
        summary="Resume a webhook endpoint",
        request=EmptyBody,
        responses={200: WebhookSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, webhook_id: UUID) -> Response:
        """Sends again, also to an endpoint that Latchkey disabled. Resuming an active one changes nothing.

        Events that waited are sent. Those of the time in which it was disabled are in the feed only.
        """
        endpoint = self.endpoint
        self.validated(EmptyBody)
        return Response(represent_webhook(resume_endpoint(endpoint, by=self.actor)))

    @extend_schema(
        operation_id="rotateWebhookSecret",
        summary="Replace the secret of a webhook endpoint",
        request=EmptyBody,
        responses={200: WebhookWithSecretSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    @sensitive_variables()
    def rotate(self, request: Request, webhook_id: UUID) -> Response:
        """Creates a new `secret`, which only this response shows.

        For 24 hours each message is also signed with the secret that was replaced. If another one was replaced less
        than 24 hours before, that one goes on, too: with two more rotations, it ends.
        """
        endpoint = self.endpoint
        self.validated(EmptyBody)
        return Response(represent_with_secret(*rotate_secret(endpoint, by=self.actor)))

    @extend_schema(
        operation_id="testWebhook",
        summary="Send a test event",
        request=EmptyBody,
        responses={202: WebhookDeliverySerializer, **errors(WebhookInactive)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, webhook_id: UUID) -> Response:
        """Sends `webhook.test` to this endpoint only, in spite of its filters. `getWebhookDelivery` has the outcome."""
        endpoint = self.endpoint
        self.validated(EmptyBody)
        return Response(represent_delivery(send_test_event(endpoint, by=self.actor)), status=202)

    @extend_schema(
        operation_id="redeliverFailed",
        summary="Send all failed events again",
        request=RedeliverFailed,
        responses={202: RedeliveredSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def redeliver(self, request: Request, webhook_id: UUID) -> Response:
        """Sends the events again that happened since `since` and have failed, the oldest 1,000 with each call.

        Events that still have attempts left are not among them. Calling it again finds nothing to do.
        """
        endpoint = self.endpoint
        number, has_more = redeliver_failed(endpoint, by=self.actor, **self.validated(RedeliverFailed))
        return Response({"deliveries": number, "hasMore": has_more}, status=202)

    def _check(self, valid: dict[str, Any]) -> None:
        check_endpoint(self.api_key.world, by=self.actor, **valid)


class WebhookDeliveryViewSet(WebhookBase):
    query_serializers = {"list": DeliveryQuery}
    pagination_class = KeysetPagination.named("deliveries")

    @property
    def delivery(self) -> WebhookDelivery:
        endpoint = self.endpoint
        deliveries = endpoint.deliveries.select_related("event", "endpoint")
        return get_object_or_404(of_its_companies(deliveries, endpoint), pk=self.kwargs["delivery_id"])

    @extend_schema(
        operation_id="listWebhookDeliveries",
        summary="List the deliveries of a webhook endpoint",
        responses={200: WebhookDeliverySerializer},
    )
    def list(self, request: Request, webhook_id: UUID) -> Response:
        """Returns the deliveries of one endpoint, newest first. Send `nextCursor` as `cursor` to get the next page.

        Events of companies that it no longer gets are not among them.
        """
        endpoint = self.endpoint
        deliveries = of_its_companies(WebhookDelivery.objects.select_related("event"), endpoint)
        rows = newest_first_for(deliveries, "endpoint", endpoint.pk)
        if event_id := self.query.get("eventId"):
            rows = rows.filter(event=event_id)
        return self.paginated(
            rows,
            lambda rows: [represent_delivery(row) for row in rows],
            [Q(status=status) for status in dict.fromkeys(self.query.get("status", ()))],
        )

    @extend_schema(
        operation_id="getWebhookDelivery",
        summary="Get a delivery with its attempts",
        responses={200: WebhookDeliveryDetailSerializer},
    )
    @conditional
    def retrieve(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> dict[str, Any]:
        """Returns one delivery with the `request` and a `log` of all attempts."""
        return represent_detail(self.delivery)

    @extend_schema(
        operation_id="redeliverWebhook",
        summary="Send an event again",
        request=EmptyBody,
        responses={202: WebhookDeliverySerializer},
    )
    @idempotent
    def redeliver(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Sends the event again now, also if it was delivered, with the retries of a new one and the same `webhook-id`.

        A paused or disabled endpoint gets it when it is resumed.
        """
        delivery = self.delivery
        self.validated(EmptyBody)
        return Response(represent_delivery(redeliver(delivery, by=self.actor)), status=202)
