"""Who calls: an API key in the header `X-API-KEY`, and what it may do."""

from typing import Any

from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from companies.models import ApiKey, Partner, find_api_key
from companies.services.partners import record_api_key_use

HEADER = "X-API-KEY"
MAX_KEY_LENGTH = 200


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Sets `request.auth` to the `ApiKey` and `request.user` to its `Partner`.

    The company named in the path, if it is the partner's, comes along as `request.auth.company`.
    Unknown, expired and revoked keys get the same 401.
    """

    def authenticate(self, request: Request) -> tuple[Partner, ApiKey] | None:
        value = request.headers.get(HEADER)
        if value is None:
            return None
        company_id = request.parser_context["kwargs"].get("company_id")
        key = find_api_key(value[:MAX_KEY_LENGTH], company_id=company_id)
        if key is None:
            raise exceptions.AuthenticationFailed("This API key does not open anything.", "invalid_api_key")
        record_api_key_use(key)
        return key.partner, key

    def authenticate_header(self, request: Request) -> str:
        return 'ApiKey realm="latchkey"'


class HasScope(permissions.BasePermission):
    """The view's `scopes` name, for each method, the scope that the key must have; None asks for any key."""

    message = "This API key may not do that."
    no_key = f"Send your API key in the header {HEADER}."
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise exceptions.NotAuthenticated(self.no_key)
        scope = view.scopes.get("GET" if request.method == "HEAD" else request.method)
        return scope is None or scope in request.auth.scopes
