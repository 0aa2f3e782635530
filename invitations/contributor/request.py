"""The request that the contributor's views take, and the decorator that makes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial, wraps
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from companies.models import with_brand
from config.exceptions import DomainError
from config.http.client_address import client_network
from config.http.framing import allow_framing, is_framed
from config.http.headers import set_private_headers
from config.http.page_views import is_page_view
from config.http.resumable import set_resumable
from invitations.contributor.cookies import delete_oldest_cookies, read_cookie, set_cookie
from invitations.contributor.frame import Frame
from invitations.contributor.language import activate_language, remember_language
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
from invitations.models import (
    SECRET_AGE,
    EmailProof,
    Invitation,
    PersonalLink,
    Receipt,
    RemovedLink,
    Use,
    find_invitation,
)
from invitations.models.tokens import SHAPE, hash_token
from invitations.services.invitations import record_fetch, record_view
from invitations.services.rate_limits import check_rate_limit
from invitations.services.redemption import get_use
from invitations.services.verification.proofs import find_expired_proof, find_proof

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
    """An HTTP request for a page of an invitation. `link` is the personal link it came by, or `receipt`, if any."""

    http: HttpRequest
    invitation: Invitation
    token: str
    link: PersonalLink | None = None
    is_link_removed: bool = False
    receipt: Receipt | None = None

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
    def address(self) -> str | None:
        """The address that this browser verified, else that of its personal link, which may have been passed on."""
        if self.proof is not None:
            return self.proof.email
        return self.link.delivery.email if self.link else None

    @property
    def lost_proof(self) -> Literal["expired", "revoked"] | None:
        """Reason why this browser's earlier proof ended."""
        if not self.proof_secret or self.proof is not None:
            return None
        return "expired" if self.expired_proof else "revoked"

    @cached_property
    def expired_proof(self) -> EmailProof | None:
        """The proof of an address that this browser held before."""
        if not self.proof_secret or not self.invitation.is_restricted or self.proof is not None:
            return None
        return find_expired_proof(self.invitation, self.proof_secret)

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
    def framing_origins(self) -> Sequence[str]:
        """Origins of sites that may show the pages in a frame."""
        return self.invitation.company.partner.embedding_origins

    @property
    def frame(self) -> Frame | None:
        """Facts about the frame that the page is in, if the partner allows one."""
        return Frame(self.framing_origins) if self.framing_origins and is_framed(self.http) else None

    @property
    def data(self) -> QueryDict | None:
        """The form data of a POST, else None."""
        return self.http.POST if self.http.method == "POST" else None

    def render(self, template: str, *, status: int = 200, **context: object) -> HttpResponse:
        company = self.invitation.company
        known = {
            "invitation": self.invitation,
            "brand": company.brand,
            "company_name": company.name,
            "partner_name": company.partner.name,
            "token": self.token,
            "link": self.link,
            "frame": self.frame,
            "form": None,  # every page asks for it, and a missing name takes Django ten times longer
        }
        return render(self.http, f"invitations/{template}.html", known | context, status=status)

    def render_and_record_view(self, template: str, **context: Any) -> HttpResponse:
        """Render a page that shows the invitation, and record whether a person or a program opened it."""
        if is_page_view(self.http, may_be_framed=bool(self.framing_origins)):
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
Find = Callable[[HttpRequest, str], ContributorRequest | None]


def by_link(http: HttpRequest, token: str) -> ContributorRequest | None:
    """Find the invitation that has this token, or a personal link with it."""
    invitation = find_invitation(token)
    if invitation is not None:
        return ContributorRequest(http, invitation, token)
    links = PersonalLink.objects.select_related(
        *with_brand("delivery__invitation__company"), "delivery__invitation__connection__datasource"
    )
    if (link := links.filter(token_hash=hash_token(token)).first()) is not None:
        return ContributorRequest(http, link.delivery.invitation, token, link)
    removed = RemovedLink.objects.select_related(*with_brand("invitation__company"), "invitation__connection")
    if (found := removed.filter(token_hash=hash_token(token)).first()) is not None:
        return ContributorRequest(http, found.invitation, token, is_link_removed=True)
    return None


def contributor_view(*methods: str, resumes: tuple[str, ...] = (), find: Find = by_link) -> Callable[[View], View]:
    """Find the invitation by the token, render exceptions as pages and set private headers on every response.

    Allows GET, HEAD and `methods`; others get 405. The view takes a `ContributorRequest` and the rest of the URL.
    `resumes` names the fields that come back if a POST fails on our side.
    """

    def decorate(view: View) -> View:
        allowed = ["GET", "HEAD", *methods]
        respond = require_http_methods(allowed)(partial(_respond, view, find))

        @wraps(view)
        def wrapper(request: HttpRequest, token: str, **of_url: Any) -> HttpResponse:
            response = remember_language(request, respond(request, token, **of_url))
            return set_private_headers(delete_oldest_cookies(request, response))

        wrapper.methods = allowed  # type: ignore[attr-defined]  # config.http.csrf
        return set_resumable(wrapper, resumes)

    return decorate


def limit_unknown_tokens(http: HttpRequest) -> None:
    """Count an unknown token. Raises `RateLimitExceeded` for a client network that tried too many."""
    check_rate_limit(f"unknown-token:{hash_client(http)}", limit=UNKNOWN_TOKENS_PER_HOUR, per=timedelta(hours=1))


def with_retry_after(response: HttpResponse, error: DomainError | None) -> HttpResponse:
    """Answer 429 if the page says that something was tried too often (RFC 6585, section 4)."""
    if error and error.status == 429:
        response.status_code = error.status
        if isinstance(error, RateLimitExceeded):
            response["Retry-After"] = str(error.retry_after)
    return response


def show_rate_limit(http: HttpRequest, error: RateLimitExceeded) -> HttpResponse:
    return with_retry_after(render(http, "429.html"), error)


def hash_client(request: HttpRequest) -> str:
    """Opaque name of the client network: equal for equal networks, useless to a reader of the database."""
    return salted_hmac("latchkey.client", client_network(request), algorithm="sha256").hexdigest()[:32]


def _respond(view: View, find: Find, http: HttpRequest, token: str, **of_url: Any) -> HttpResponse:
    origins: Sequence[str] = ()
    try:
        request = find_request(http, token, find)
        activate_language(http, request.invitation)
        origins = request.framing_origins
        response = _call(view, request, **of_url)
    except Http404:
        response = render(http, "404.html", status=404)
    except RateLimitExceeded as error:
        response = show_rate_limit(http, error)
    return allow_framing(response, origins)


def _call(view: View, request: ContributorRequest, **of_url: Any) -> HttpResponse:
    try:
        if request.is_link_removed:
            raise LinkOfRemovedAddress
        return view(request, **of_url)
    except InvitationClosed as error:
        # the browser that gave a login may still see its state and correct it
        closed = CLOSED_TEMPLATES[type(error)]
        return request.render(closed, status=410, results=request.results, code=error.code)
    except SavedBefore as error:
        return _show_kept(request, error.form_id)
    except ProofRequired:
        return request.redirect("verify")


def _show_kept(request: ContributorRequest, form_id: UUID) -> HttpResponse:
    """Say that an earlier post of the form stays, and lead to its correction."""
    use = get_use(request.invitation, form_id)
    page = request.render("saved_before", status=409, result=use, connection=use.target)
    return set_result_cookie(page, use)


def find_request(http: HttpRequest, token: str, find: Find = by_link) -> ContributorRequest:
    """Raise `Http404` for an unknown token. Only unknown tokens count against the limit of a client network."""
    found = find(http, token) if SHAPE.fullmatch(token) else None
    if found is not None:
        return found
    limit_unknown_tokens(http)
    raise Http404
