"""Forms whose POST failed on our side: the error page has their values, and its button brings the form back."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

View = TypeVar("View", bound=Callable[..., Any])
# name of the field by which a form says that it only comes back
RESUMED = "resumed"


def set_resumable(view: View, fields: tuple[str, ...]) -> View:
    """Name the fields of a view's form that an error page may have. None of them may be a secret. Returns the view."""
    view.resumable_fields = fields  # type: ignore[attr-defined]
    return view


def typed_values(request: HttpRequest) -> list[tuple[str, str]]:
    """Names and values of a posted form whose view is resumable."""
    match = request.resolver_match
    names = getattr(match.func, "resumable_fields", ()) if match and request.method == "POST" else ()
    return [(name, value) for name in names for value in request.POST.getlist(name) if value]


def rejected_values(request: HttpRequest) -> list[tuple[str, str]]:
    """Return `typed_values` of a form without a valid CSRF token. None if it may come from another site."""
    return typed_values(request) if _is_from_own_page(request) else []


def _is_from_own_page(request: HttpRequest) -> bool:
    """True if the browser says that one of our pages has sent the request. Pages cannot forge these headers."""
    origin = request.META.get("HTTP_ORIGIN")
    own = f"{request.scheme}://{request.get_host()}"
    return request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin" or origin == own
