"""Where a mail provider tells what became of mails: django-anymail's view, made to bear whatever is sent to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.urls import urlpatterns as views_of_providers
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from config.http.body_limit import allow_large_body, content_length
from config.http.error_pages import too_large

# what reading a notice runs into that is not as its provider documents it
MALFORMED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


def addresses(provider: str) -> list[URLPattern]:
    """The one address of this provider's notices of mails; none of a provider that sends no such notices."""
    name = f"{provider}_tracking_webhook"
    found = [pattern.callback.view_class for pattern in views_of_providers if pattern.name == name]
    return [path(f"{provider}/tracking/", _bearing(view), name="notices") for view in found]


def _bearing(view: Any) -> Callable[..., HttpResponse]:
    """The view, for batches of 4 MiB: what is no notice is refused with 400, and one in a batch is left out of it."""

    class Notices(view):  # type: ignore[misc]
        def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                return too_large(request)
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer

        def run_validators(self, request: HttpRequest) -> None:
            with _refused():
                super().run_validators(request)

        def parse_events(self, request: HttpRequest) -> list[Any]:
            with _refused():
                events = super().parse_events(request)
            read = [event for event in events if event is not None]
            if events and not read:
                raise AnymailWebhookValidationFailure("There is no notice in this that can be read.")
            return read

        def esp_to_anymail_event(self, *args: Any) -> Any:
            try:
                return super().esp_to_anymail_event(*args)
            except MALFORMED:
                return None

    bearing: Callable[..., HttpResponse] = allow_large_body(Notices.as_view())
    return bearing


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except MALFORMED as error:
        raise AnymailWebhookValidationFailure("This is no notice of a mail.") from error
