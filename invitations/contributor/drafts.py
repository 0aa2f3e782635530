"""Drafts of the form: kept for a proven address, or else for this browser, until the form is submitted."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from config.http.body_limit import limit_body
from invitations.contributor.cookies import delete_cookie, read_cookie, set_cookie
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.exceptions import ProofRequired
from invitations.models import DRAFT_AGE, EmailProof
from invitations.models.verification import hash_secret
from invitations.services.form_drafts import FIELDS, DraftOwner, KeptForm, discard_drafts, find_draft, save_draft
from invitations.services.guards import ensure_active, ensure_verified
from invitations.services.rate_limits import check_rate_limit, is_hash_of

SAVES_PER_MINUTE = 120  # the script of one page saves 12 times at most; several people may share a network
MAX_BYTES = 64 * 1024
View = Callable[[ContributorRequest], HttpResponse]


@contributor_view("POST")
def draft(request: ContributorRequest) -> HttpResponse:
    """Keep what is typed so far, for the page's script. Without a proof nothing is kept, and the answer is the same."""
    if request.data is None:
        return request.redirect("connect")
    ensure_active(request.invitation)
    check_rate_limit(f"drafts:{request.client}", limit=SAVES_PER_MINUTE, per=timedelta(minutes=1))
    return _keep(request, HttpResponse(status=204))


limit_body(draft, to=MAX_BYTES)


@contributor_view("POST")
def start_over(request: ContributorRequest) -> HttpResponse:
    """Discard the drafts of this owner, and show the form as it was at first."""
    ensure_verified(request.invitation, request.proof)
    response = request.redirect("connect")
    if request.data is not None and (owner := _owner(request)):
        discard_drafts(request.invitation, owner)
        delete_cookie(response, _cookie(request))
    return response


def keep_unsent(view: View) -> View:
    """Decorate the view of a form: what was posted is kept unless the form was saved, or was saved before."""

    @wraps(view)
    def wrapper(request: ContributorRequest) -> HttpResponse:
        try:
            response = view(request)
        except ProofRequired:
            _keep(request, HttpResponse())
            raise
        is_saved = response.status_code == 302
        return response if is_saved else _keep(request, response)

    return wrapper


def find_offered_draft(request: ContributorRequest) -> KeptForm | None:
    """Return the draft that a newly opened form shows. Asks the database only if there may be one."""
    if request.data is not None or (request.proof and not request.proof.has_draft):
        return None
    owner = _owner(request)
    return find_draft(request.invitation, owner) if owner else None


def _keep(request: ContributorRequest, response: HttpResponse) -> HttpResponse:
    """Keep the values of a posted form. Returns `response`, with the cookie of the browser."""
    data, form_id = request.data, _posted_id(request, "form_id")
    if data is None or form_id is None or request.invitation.repairs:
        return response
    if request.invitation.is_restricted:
        owner = _owner(request, proof=request.expired_proof)
    else:
        secret = read_cookie(request.http, _cookie(request)) or _new_secret(form_id)
        owner = DraftOwner(browser_hash=hash_secret(secret))
        set_cookie(response, _cookie(request), secret, max_age=DRAFT_AGE)
    if owner and _is_of_its_form(request, owner):
        values = {name: data.getlist(name) for name in FIELDS}
        replaces = _posted_id(request, "shown_draft")
        save_draft(request.invitation, form_id=form_id, owner=owner, values=values, replaces=replaces)
    return response


def _owner(request: ContributorRequest, *, proof: EmailProof | None = None) -> DraftOwner | None:
    """Return the address that is proven, or else that of `proof`; for an open invitation, this browser. Or None."""
    proof = request.proof or proof
    if request.invitation.is_restricted:
        return DraftOwner(email=proof.email) if proof else None
    secret = read_cookie(request.http, _cookie(request))
    return DraftOwner(browser_hash=hash_secret(secret)) if secret else None


def _is_of_its_form(request: ContributorRequest, owner: DraftOwner) -> bool:
    """False if another address was verified, in another tab, since the form was opened."""
    opened_by = request.http.POST.get("verified")
    return not opened_by or owner.email is None or is_hash_of(opened_by, owner.email)


def _new_secret(form_id: UUID) -> str:
    """Return the first secret of a browser. It is the same for two requests of its form at the same time."""
    return salted_hmac("latchkey.draft", form_id.hex, algorithm="sha256").hexdigest()


def _posted_id(request: ContributorRequest, name: str) -> UUID | None:
    try:
        return UUID(request.http.POST.get(name, ""))
    except ValueError:
        return None


def _cookie(request: ContributorRequest) -> str:
    return f"draft-{request.invitation.pk.hex}"
