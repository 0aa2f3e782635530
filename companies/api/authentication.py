"""Authentication by an API key in the header `X-API-KEY`."""

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from companies.models import ApiKey, Partner
from companies.services.key_uses import record_api_key_use
from config.http.client_address import site_network

HEADER = "X-API-KEY"
MAX_KEY_LENGTH = 200


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Sets `request.auth` to the `ApiKey` and `request.user` to its `Partner`.

    The view finds the key, so that the same query can read what the path names. Unknown, expired and revoked keys get
    the same 401.
    """

    def authenticate(self, request: Request) -> tuple[Partner, ApiKey] | None:
        value = request.META.get("HTTP_X_API_KEY")
        if value is None:
            return None
        if "," in value:  # no key has one: web servers join several headers of one name with it (RFC 9110, 5.3)
            raise exceptions.AuthenticationFailed(f"Send only one {HEADER} header.", "invalid_api_key")
        key = request.parser_context["view"].find_api_key(value[:MAX_KEY_LENGTH])
        if key is None:
            raise exceptions.AuthenticationFailed("This API key is not valid.", "invalid_api_key")
        record_api_key_use(key, site_network(request.META.get("REMOTE_ADDR", "")))
        return key.partner, key

    def authenticate_header(self, request: Request) -> str:
        return 'ApiKey realm="latchkey"'
