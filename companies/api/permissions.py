from typing import Any

from rest_framework import exceptions, permissions
from rest_framework.request import Request

from companies.api.authentication import HEADER
from companies.models import ApiKey


class HasRequiredScope(permissions.BasePermission):
    """Requires the scope that the view's `required_scopes` has for the method; None accepts any key."""

    message = "This API key lacks the scope for this operation."
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise exceptions.NotAuthenticated(f"Send your API key in the header {HEADER}.")
        scope = view.required_scopes.get("GET" if request.method == "HEAD" else request.method)
        return scope is None or scope in request.auth.scopes
