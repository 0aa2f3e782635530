"""Proving an address: by the button of a personal link, or by a code."""

from django.core import signing
from django.http import HttpResponse

from config.refusals import Refusal
from invitations.cookies import kept_private
from invitations.exceptions import Closed, LinkBelongsElsewhere
from invitations.forms import AddressForm, CodeForm
from invitations.services import check_code, refuse_unless_active, request_code, use_personal_link
from invitations.views.visits import Visit, contributor_page

ADDRESS_AGE_SECONDS = 60 * 60


@contributor_page("POST")
def verify(visit: Visit) -> HttpResponse:
    """Asks for an address, and has a code mailed to it if it is allowed; the answer is the same if it is not."""
    refuse_unless_active(visit.invitation)
    if not visit.invitation.is_restricted or visit.is_proved:
        return visit.go("connect")
    form = AddressForm(visit.posted, link=visit.link)
    if form.is_valid():
        try:
            request_code(visit.invitation, form.cleaned_data["email"], client=visit.client, link=visit.link)
        except Refusal as refusal:
            _show(form, "email", refusal)
        else:
            return _remember_address(visit, visit.go("code"), typed=form.data.get("email", ""))
    return visit.open("verify", form=form, typed=_read_address(visit), is_over=visit.has_proof_behind)


@contributor_page("POST")
def code(visit: Visit) -> HttpResponse:
    """Takes the code."""
    refuse_unless_active(visit.invitation)
    typed = _read_address(visit)
    if not typed and not visit.link:
        return visit.go("verify")
    form = CodeForm(visit.posted)
    if form.is_valid():
        address = AddressForm({"email": typed} if typed else {}, link=visit.link)
        email = address.cleaned_data["email"] if address.is_valid() else ""
        digits = form.cleaned_data["code"]
        try:
            _, secret = check_code(visit.invitation, email, digits, client=visit.client, secret=visit.secret)
        except Refusal as refusal:
            _show(form, "code", refusal)
        else:
            return visit.keep_secret(visit.go("connect"), secret)
    return visit.page("code", form=form, typed=typed)


@contributor_page("POST")
def proceed(visit: Visit) -> HttpResponse:
    """The button of a personal link: whoever presses it has the mail."""
    refuse_unless_active(visit.invitation)
    if visit.posted is None:
        return visit.go("invitation")
    if visit.link is None:
        return visit.go("verify")
    try:
        _, secret = use_personal_link(visit.invitation, visit.link, secret=visit.secret)
    except LinkBelongsElsewhere as refusal:
        return visit.page("verify", form=AddressForm(link=visit.link), refusal=refusal)
    return visit.keep_secret(visit.go("connect"), secret)


def _show(form: AddressForm | CodeForm, field: str, refusal: Refusal) -> None:
    if isinstance(refusal, Closed):
        raise refusal
    form.add_error(field, refusal.detail)


# What was typed travels from page to page in a signed cookie: in the URL it would be logged. The address of a
# personal link does not travel at all: whoever found the link must not read it in full.


def _remember_address(visit: Visit, response: HttpResponse, *, typed: str) -> HttpResponse:
    response.set_cookie(
        _cookie(visit),
        # as ASCII: a domain may be written in any script
        signing.dumps(typed.strip(), salt=_cookie(visit)),
        max_age=ADDRESS_AGE_SECONDS,
        **kept_private(),
    )
    return response


def _read_address(visit: Visit) -> str:
    name = _cookie(visit)
    try:
        return str(signing.loads(visit.request.COOKIES.get(name, ""), salt=name, max_age=ADDRESS_AGE_SECONDS))
    except signing.BadSignature:
        return ""


def _cookie(visit: Visit) -> str:
    return f"address-{visit.invitation.pk.hex}"
