"""Webhook of the mail provider: django-anymail's view, tolerant of malformed input."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.urls import urlpatterns as provider_urls
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from config.http.body_limit import allow_large_body, content_length
from config.http.error_pages import too_large

# raised by django-anymail for input that its provider does not document
MALFORMED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


def tracking_urls(provider: str) -> list[URLPattern]:
    """Return the URL of the provider's tracking webhook; an empty list if it has none."""
    name = f"{provider}_tracking_webhook"
    views = [pattern.callback.view_class for pattern in provider_urls if pattern.name == name]
    return [path(f"{provider}/tracking/", tolerant_webhook_view(view), name="mail_tracking") for view in views]


def tolerant_webhook_view(view: Any) -> Callable[..., HttpResponse]:
    """Accept batches up to 4 MiB, skip malformed events in them, and answer 400 if no event can be read."""

    class TolerantWebhookView(view):  # type: ignore[misc]
        def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                return too_large(request)
            response: HttpResponse = super().post(request, *args, **kwargs)
            return response

        def run_validators(self, request: HttpRequest) -> None:
            with _malformed_as_400():
                super().run_validators(request)

        def parse_events(self, request: HttpRequest) -> list[Any]:
            with _malformed_as_400():
                events = super().parse_events(request)
            readable = [event for event in events if event is not None]
            if events and not readable:
                raise AnymailWebhookValidationFailure("No event in this request can be read.")
            return readable

        def esp_to_anymail_event(self, *args: Any) -> Any:
            try:
                return super().esp_to_anymail_event(*args)
            except MALFORMED:
                return None

    tolerant: Callable[..., HttpResponse] = allow_large_body(TolerantWebhookView.as_view())
    return tolerant


@contextmanager
def _malformed_as_400() -> Iterator[None]:
    try:
        yield
    except MALFORMED as error:
        raise AnymailWebhookValidationFailure("This is not a tracking event.") from error
