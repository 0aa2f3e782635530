"""The request that the contributor's views take, and the decorator that makes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial, wraps
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from config.exceptions import DomainError
from config.http.client_address import client_network
from config.http.headers import set_private_headers
from config.http.page_views import is_page_view
from invitations.contributor.cookies import delete_oldest_cookies, read_cookie, set_cookie
from invitations.contributor.result_cookie import read_result, read_results, set_result_cookie
from invitations.exceptions import (
    AddressRemoved,
    ConnectionClosed,
    InvitationClosed,
    InvitationExpired,
    InvitationFulfilled,
    InvitationPaused,
    InvitationRecovered,
    InvitationRevoked,
    LinkOfRemovedAddress,
    ProofRequired,
    ProviderGone,
    RateLimitExceeded,
    SavedBefore,
)
from invitations.models import SECRET_AGE, EmailProof, Invitation, PersonalLink, RemovedLink, Use, find_invitation
from invitations.models.tokens import SHAPE, hash_token
from invitations.services.invitations import record_fetch, record_view
from invitations.services.rate_limits import check_rate_limit
from invitations.services.redemption import get_use
from invitations.services.verification.proofs import find_proof, has_expired_proof

UNKNOWN_TOKENS_PER_HOUR = 60
CLOSED_TEMPLATES: dict[type[InvitationClosed], str] = {
    InvitationRevoked: "revoked",
    InvitationRecovered: "recovered",
    ConnectionClosed: "connection_closed",
    InvitationPaused: "paused",
    InvitationExpired: "expired",
    InvitationFulfilled: "used_up",
    ProviderGone: "provider_gone",
    AddressRemoved: "address_removed",
    LinkOfRemovedAddress: "link_removed",
}


@dataclass(frozen=True)
class ContributorRequest:
    """An HTTP request for a page of an invitation. `link` is the personal link it came by, if any."""

    http: HttpRequest
    invitation: Invitation
    token: str
    link: PersonalLink | None = None
    is_link_removed: bool = False

    @property
    def proof_secret(self) -> str | None:
        """The secret this browser got when it verified an address."""
        return read_cookie(self.http, self._proof_cookie) or None

    @cached_property
    def proof(self) -> EmailProof | None:
        """The proof of an address that this browser holds now."""
        return find_proof(self.invitation, self.proof_secret) if self.invitation.is_restricted else None

    @property
    def is_verified(self) -> bool:
        """True if this browser has verified the address of its personal link, or any address if it came by none."""
        return self.proof is not None and (self.link is None or self.link.delivery.email == self.proof.email)

    @property
    def lost_proof(self) -> Literal["expired", "revoked"] | None:
        """Reason why this browser's earlier proof ended."""
        if not self.proof_secret or self.proof is not None:
            return None
        return "expired" if has_expired_proof(self.invitation, self.proof_secret) else "revoked"

    def result(self, use_id: UUID) -> Use | None:
        """Return the use if this browser submitted it through this invitation."""
        return read_result(self.http, self.invitation, use_id)

    @cached_property
    def results(self) -> list[Use]:
        """Uses that this browser submitted through this invitation, newest first."""
        # the links to them would lead back to the page that says so
        return [] if self.is_link_removed else read_results(self.http, self.invitation)

    @property
    def client(self) -> str:
        """Opaque name of the client network, for rate limits."""
        return hash_client(self.http)

    @property
    def data(self) -> QueryDict | None:
        """The form data of a POST, else None."""
        return self.http.POST if self.http.method == "POST" else None

    def render(self, template: str, *, status: int = 200, **context: object) -> HttpResponse:
        known = {"invitation": self.invitation, "token": self.token, "link": self.link}
        return render(self.http, f"invitations/{template}.html", known | context, status=status)

    def render_and_record_view(self, template: str, **context: Any) -> HttpResponse:
        """Render a page that shows the invitation, and record whether a person or a program opened it."""
        if is_page_view(self.http):
            record_view(self.invitation)
        elif self.data is None:
            record_fetch(self.invitation)
        return self.render(template, **context)

    def redirect(self, url_name: str, *args: object) -> HttpResponse:
        """Redirect to another page of this invitation, by the same link."""
        return redirect(url_name, self.token, *args)

    def set_proof_cookie(self, response: HttpResponse, secret: str) -> HttpResponse:
        set_cookie(response, self._proof_cookie, secret, max_age=SECRET_AGE)
        return response

    @property
    def _proof_cookie(self) -> str:
        return f"proof-{self.invitation.pk.hex}"


View = Callable[..., HttpResponse]


def contributor_view(*methods: str) -> Callable[[View], View]:
    """Find the invitation by the token, render exceptions as pages and set private headers on every response.

    Allows GET, HEAD and `methods`; others get 405. The view takes a `ContributorRequest` and the rest of the URL.
    """

    def decorate(view: View) -> View:
        allowed = ["GET", "HEAD", *methods]
        respond = require_http_methods(allowed)(partial(_respond, view))

        @wraps(view)
        def wrapper(request: HttpRequest, token: str, **of_url: Any) -> HttpResponse:
            return set_private_headers(delete_oldest_cookies(request, respond(request, token, **of_url)))

        wrapper.methods = allowed  # type: ignore[attr-defined]  # config.http.csrf
        return wrapper

    return decorate


def with_retry_after(response: HttpResponse, error: DomainError | None) -> HttpResponse:
    """Answer 429 if the page says that something was tried too often (RFC 6585, section 4)."""
    if error and error.status == 429:
        response.status_code = error.status
        if isinstance(error, RateLimitExceeded):
            response["Retry-After"] = str(error.retry_after)
    return response


def hash_client(request: HttpRequest) -> str:
    """Opaque name of the client network: equal for equal networks, useless to a reader of the database."""
    return salted_hmac("latchkey.client", client_network(request), algorithm="sha256").hexdigest()[:32]


def _respond(view: View, http: HttpRequest, token: str, **of_url: Any) -> HttpResponse:
    try:
        request = _find(http, token)
        return _call(view, request, **of_url)
    except Http404:
        return render(http, "404.html", status=404)
    except RateLimitExceeded as error:
        response = render(http, "429.html", status=429)
        response["Retry-After"] = str(error.retry_after)
        return response


def _call(view: View, request: ContributorRequest, **of_url: Any) -> HttpResponse:
    try:
        if request.is_link_removed:
            raise LinkOfRemovedAddress
        return view(request, **of_url)
    except InvitationClosed as error:
        # the browser that gave a login may still see its state and correct it
        return request.render(CLOSED_TEMPLATES[type(error)], status=410, results=request.results)
    except SavedBefore as error:
        return _show_kept(request, error.form_id)
    except ProofRequired:
        return request.redirect("verify")


def _show_kept(request: ContributorRequest, form_id: UUID) -> HttpResponse:
    """Say that an earlier post of the form stays, and lead to its correction."""
    use = get_use(request.invitation, form_id)
    page = request.render("saved_before", status=409, result=use, connection=use.target)
    return set_result_cookie(page, use)


def _find(http: HttpRequest, token: str) -> ContributorRequest:
    """Raise `Http404` for an unknown token. Only unknown tokens count against the limit of a client network."""
    if SHAPE.fullmatch(token):
        invitation = find_invitation(token)
        if invitation is not None:
            return ContributorRequest(http, invitation, token)
        links = PersonalLink.objects.select_related(
            "delivery__invitation__company__partner", "delivery__invitation__connection__datasource"
        )
        if (link := links.filter(token_hash=hash_token(token)).first()) is not None:
            return ContributorRequest(http, link.delivery.invitation, token, link)
        removed = RemovedLink.objects.select_related("invitation__company__partner", "invitation__connection")
        if (found := removed.filter(token_hash=hash_token(token)).first()) is not None:
            return ContributorRequest(http, found.invitation, token, is_link_removed=True)
    check_rate_limit(f"unknown-token:{hash_client(http)}", limit=UNKNOWN_TOKENS_PER_HOUR, per=timedelta(hours=1))
    raise Http404
