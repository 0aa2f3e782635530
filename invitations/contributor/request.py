"""Who opened which link: every page of the contributor's begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from config.http.client_address import client_network
from config.http.headers import set_private_headers
from invitations.contributor.cookies import kept_private
from invitations.contributor.result_cookie import SubmissionResult, read_receipt
from invitations.exceptions import Closed, ProofRequired, RateLimitExceeded
from invitations.models import SECRET_AGE, EmailProof, Invitation, PersonalLink, find_invitation
from invitations.models.tokens import SHAPE, hash_token
from invitations.services.invitations import record_view
from invitations.services.rate_limits import check_rate_limit
from invitations.services.verification.proofs import find_proof, has_aged

UNKNOWN_TOKENS_PER_HOUR = 60


@dataclass(frozen=True)
class ContributorRequest:
    """A request for a page of an invitation, by the link it came with: the invitation's own, or a personal one."""

    request: HttpRequest
    invitation: Invitation
    token: str
    link: PersonalLink | None = None

    @property
    def secret(self) -> str | None:
        """What this browser was given when it proved an address."""
        return self.request.COOKIES.get(self._cookie)

    @cached_property
    def proof(self) -> EmailProof | None:
        """The proof this browser holds now."""
        return find_proof(self.invitation, self.secret) if self.invitation.is_restricted else None

    @property
    def receipt(self) -> SubmissionResult | None:
        """What this browser connected last through this invitation."""
        return read_receipt(self.request, self.invitation)

    @property
    def is_proved(self) -> bool:
        """Whether this browser holds a proof of the address it came by: of a personal link's, else of any."""
        return self.proof is not None and (self.link is None or self.link.delivery.email == self.proof.email)

    @property
    def ended_proof(self) -> str | None:
        """Of a browser that once proved an address here, how that ended: `AGED`, or `ENDED` by whatever else."""
        if not self.secret or self.proof is not None:
            return None
        return "AGED" if has_aged(self.invitation, self.secret) else "ENDED"

    @property
    def client(self) -> str:
        """An opaque name of where the client calls from, for limits."""
        return name_client(self.request)

    @property
    def posted(self) -> QueryDict | None:
        """What was posted; None when the page is only looked at."""
        return self.request.POST if self.request.method == "POST" else None

    def page(self, template: str, *, status: int = 200, **context: object) -> HttpResponse:
        """A page of this invitation's; its links keep to the link one came by."""
        known = {"invitation": self.invitation, "token": self.token, "link": self.link}
        return render(self.request, f"invitations/{template}.html", known | context, status=status)

    def open(self, template: str, **context: Any) -> HttpResponse:
        """A page by which one sees the invitation: that it was looked at is noted."""
        if self.posted is None:
            record_view(self.invitation)
        return self.page(template, **context)

    def go(self, name: str) -> HttpResponse:
        """On to another page of this invitation's."""
        return redirect(name, self.token)

    def keep_secret(self, response: HttpResponse, secret: str) -> HttpResponse:
        """Give the browser the secret of its new proof; the one it held before has ended with that."""
        response.set_cookie(self._cookie, secret, max_age=SECRET_AGE, **kept_private())
        return response

    @property
    def _cookie(self) -> str:
        return f"proof-{self.invitation.pk.hex}"


View = Callable[[ContributorRequest], HttpResponse]


def contributor_view(*methods: str) -> Callable[[View], Callable[[HttpRequest, str], HttpResponse]]:
    """Finds the invitation of the path's token, answers refusals in words, and keeps every answer private.

    GET and HEAD are answered, `methods` as well, and all others with 405.
    """

    def decorate(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
        taken = ["GET", "HEAD", *methods]
        answer = require_http_methods(taken)(partial(_respond, view))

        @wraps(view)
        def page(request: HttpRequest, token: str) -> HttpResponse:
            return set_private_headers(answer(request, token))

        page.methods = taken  # type: ignore[attr-defined]  # config.http.csrf
        return page

    return decorate


def name_client(request: HttpRequest) -> str:
    """The same for the same client network, and of no use to a reader of the database."""
    return salted_hmac("latchkey.client", client_network(request), algorithm="sha256").hexdigest()[:32]


def _respond(view: View, request: HttpRequest, token: str) -> HttpResponse:
    try:
        return _answer(view, _find(request, token))
    except Http404:
        return render(request, "404.html", status=404)
    except RateLimitExceeded as refusal:
        response = render(request, "429.html", status=429)
        response["Retry-After"] = str(refusal.retry_after)
        return response


def _answer(view: View, visit: ContributorRequest) -> HttpResponse:
    try:
        return view(visit)
    except Closed as refusal:
        # whoever gave a login here may still see what became of it, and correct it
        return visit.page("refused", status=410, refusal=refusal, receipt=visit.receipt)
    except ProofRequired:
        return visit.go("verify")


def _find(request: HttpRequest, token: str) -> ContributorRequest:
    """The visit by this token. Guesses are counted by client network; a right link is never held up."""
    if SHAPE.fullmatch(token):
        invitation = find_invitation(token)
        if invitation is not None:
            return ContributorRequest(request, invitation, token)
        link = PersonalLink.objects.select_related(
            "delivery__invitation__company__partner", "delivery__invitation__connection__datasource"
        )
        if (personal := link.filter(token_hash=hash_token(token)).first()) is not None:
            return ContributorRequest(request, personal.delivery.invitation, token, personal)
    check_rate_limit(f"unknown-token:{name_client(request)}", limit=UNKNOWN_TOKENS_PER_HOUR, per=timedelta(hours=1))
    raise Http404
