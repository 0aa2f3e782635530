"""Proving an address: by the button of a personal link, or by a code."""

from django.core import signing
from django.http import HttpResponse

from config.exceptions import DomainError
from invitations.contributor.cookies import kept_private
from invitations.contributor.forms import AddressForm, CodeForm
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.exceptions import Closed, LinkBelongsElsewhere, RateLimitExceeded
from invitations.services.guards import ensure_active
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import use_personal_link

ADDRESS_AGE_SECONDS = 60 * 60


@contributor_view("POST")
def verify(visit: ContributorRequest) -> HttpResponse:
    """Asks for an address, and has a code mailed to it if it is allowed; the answer is the same if it is not."""
    ensure_active(visit.invitation)
    if not visit.invitation.is_restricted or visit.is_proved:
        return visit.go("connect")
    of_link = visit.posted is not None and visit.link is not None and "email" not in visit.posted
    form, refusal = AddressForm(None if of_link else visit.posted), None
    if of_link or form.is_valid():
        try:
            request_code(visit.invitation, _address(visit, form), client=visit.client, link=visit.link)
        except RateLimitExceeded as caught:
            refusal = caught
        else:
            return _remember_address(visit, visit.go("code"), typed=form.data.get("email", ""))
    return visit.open("verify", form=form, refusal=refusal, typed=_read_address(visit), proof=visit.ended_proof)


@contributor_view("POST")
def code(visit: ContributorRequest) -> HttpResponse:
    """Takes the code."""
    ensure_active(visit.invitation)
    typed = _read_address(visit)
    if not typed and not visit.link:
        return visit.go("verify")
    form = CodeForm(visit.posted)
    if form.is_valid():
        email = _address(visit, AddressForm({"email": typed} if typed else None))
        digits = form.cleaned_data["code"]
        try:
            _, secret = check_code(visit.invitation, email, digits, client=visit.client, secret=visit.secret)
        except Closed:
            raise
        except DomainError as refusal:
            form.add_error("code", refusal.detail)
        else:
            return visit.keep_secret(visit.go("connect"), secret)
    return visit.page("code", form=form, typed=typed)


@contributor_view("POST")
def proceed(visit: ContributorRequest) -> HttpResponse:
    """The button of a personal link: whoever presses it has the mail."""
    ensure_active(visit.invitation)
    if visit.posted is None:
        return visit.go("invitation")
    if visit.link is None:
        return visit.go("verify")
    try:
        _, secret = use_personal_link(visit.invitation, visit.link, secret=visit.secret)
    except LinkBelongsElsewhere as refusal:
        return visit.page("verify", form=AddressForm(), refusal=refusal, typed=_read_address(visit))
    return visit.keep_secret(visit.go("connect"), secret)


def _address(visit: ContributorRequest, form: AddressForm) -> str:
    """The one that was typed; where none was, the personal link's."""
    if visit.link and not form.is_bound:
        return visit.link.delivery.email
    return str(form.cleaned_data["email"]) if form.is_valid() else ""


# What was typed travels from page to page in a signed cookie: in the URL it would be logged. The address of a
# personal link does not travel at all: whoever found the link must not read it in full.


def _remember_address(visit: ContributorRequest, response: HttpResponse, *, typed: str) -> HttpResponse:
    response.set_cookie(
        _cookie(visit),
        # as ASCII: a domain may be written in any script
        signing.dumps(typed.strip(), salt=_cookie(visit)),
        max_age=ADDRESS_AGE_SECONDS,
        **kept_private(),
    )
    return response


def _read_address(visit: ContributorRequest) -> str:
    name = _cookie(visit)
    try:
        return str(signing.loads(visit.request.COOKIES.get(name, ""), salt=name, max_age=ADDRESS_AGE_SECONDS))
    except signing.BadSignature:
        return ""


def _cookie(visit: ContributorRequest) -> str:
    return f"address-{visit.invitation.pk.hex}"
