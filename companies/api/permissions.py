from typing import Any

from rest_framework import exceptions, permissions
from rest_framework.request import Request

from companies.api.authentication import HEADER
from companies.exceptions import TestKeyRequired
from companies.models import ApiKey


class HasTestKey(permissions.BasePermission):
    """Rejects live keys, before their scopes are looked at. `HasRequiredScope` rejects requests without a key."""

    message = TestKeyRequired.default_message
    code = TestKeyRequired.code.lower()

    def has_permission(self, request: Request, view: Any) -> bool:
        return not (isinstance(request.auth, ApiKey) and request.auth.is_live)


class HasRequiredScope(permissions.BasePermission):
    """Requires the scope that the view's `required_scopes` has for the method; None accepts any key."""

    message = "This API key lacks the scope for this operation."
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise exceptions.NotAuthenticated(f"Send your API key in the header {HEADER}.")
        scope = view.required_scopes.get("GET" if request.method == "HEAD" else request.method)
        return scope is None or scope in request.auth.scopes
