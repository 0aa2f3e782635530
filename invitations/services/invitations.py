"""Every change to an invitation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.actors import CONTRIBUTOR, Actor
from companies.addresses import normalize_address
from companies.models import Company
from companies.services import sites_of
from config.api.problems import camel
from config.languages import check_locale
from config.refusals import InvalidField
from connections.models import Connection
from connections.services import check_country, check_provider_url, check_start_date, find_datasource
from invitations.addresses import normalize_allowed_emails
from invitations.events import log_event, told_changes
from invitations.exceptions import ChangedMeanwhile, InvitationRevoked, MaxUsesBelowUseCount
from invitations.models import LONGEST_LIFE, MAX_MAX_USES, EventType, Invitation, InvitationType
from invitations.prefill import Prefill
from invitations.services.deliveries import ALONE, AMONG_MANY, queue_mails
from invitations.services.proofs import end_access, known_emails
from invitations.services.submissions import made_once
from invitations.tokens import hash_token, new_token, seal_token

SHORTEST_LIFE = timedelta(seconds=60)
VIEW_GRAIN = timedelta(minutes=10)


class Terms(TypedDict, total=False):
    """On what terms somebody is invited, whatever for.

    `allowed_emails` (empty: anyone with the link), `expires_in` from now or `expires_at` (None: for ever), `max_uses`
    (None: any number), `send_email` to each address, and what comes back unchanged.
    """

    allowed_emails: Sequence[str]
    expires_in: timedelta | None
    expires_at: datetime | None
    max_uses: int | None
    send_email: bool
    message: str | None
    locale: str | None
    external_id: str | None
    metadata: dict[str, str] | None
    redirect_url: str | None


def create_invitation(
    company: Company,
    *,
    by: Actor,
    prefill: Prefill | None = None,
    submission: UUID | None = None,
    is_one_of_many: bool = False,
    **terms: Unpack[Terms],
) -> Invitation:
    """An invitation to connect an account of the company's.

    Refuses, naming the field: a life under 60 seconds or over 10 years, `max_uses` outside 1 to 1,000,000, an
    address that is none, prefill that is not the company's or not in the catalogue, a `redirect_url` that is
    not on the partner's list. `submission` names a form: sent again, it is refused with what it made before. The mails
    of what `is_one_of_many` let others go first.
    """
    with made_once(submission, by=by):
        invitation = draft_invitation(company, prefill=prefill, **terms)
        return _store(invitation, by=by, submission=submission, priority=AMONG_MANY if is_one_of_many else ALONE)


def create_repair_invitation(
    connection: Connection,
    *,
    by: Actor,
    is_automatic: bool = False,
    submission: UUID | None = None,
    **terms: Unpack[Terms],
) -> Invitation:
    """An invitation to give the connection new login details. Refuses what `create_invitation` refuses."""
    with made_once(submission, by=by):
        invitation = draft_repair_invitation(connection, **terms)
        invitation.is_automatic = is_automatic
        return _store(invitation, by=by, submission=submission)


def draft_invitation(company: Company, *, prefill: Prefill | None = None, **terms: Unpack[Terms]) -> Invitation:
    """What `create_invitation` would make, stored nowhere: its link opens nothing. Refuses the same."""
    given = _checked_prefill(prefill, company).to_json() if prefill else {}
    return _draft(company, kind={"prefill": given}, terms=terms)


def draft_repair_invitation(connection: Connection, **terms: Unpack[Terms]) -> Invitation:
    """What `create_repair_invitation` would make, stored nowhere. Refuses the same."""
    kind = {"invitation_type": InvitationType.EDIT_CONNECTION, "connection": connection}
    return _draft(connection.company, kind=kind, terms=terms)


def _draft(company: Company, *, kind: dict[str, Any], terms: Terms) -> Invitation:
    now = timezone.now()
    invitation_id, token = uuid7(), new_token()
    return Invitation(
        id=invitation_id,
        company=company,
        token_hash=hash_token(token),
        sealed_token=seal_token(token, owner_id=invitation_id),
        allowed_emails=normalize_allowed_emails(terms.get("allowed_emails") or ()),
        send_email=terms.get("send_email", False),
        expires_at=_end(now, terms),
        max_uses=_checked_max_uses(terms.get("max_uses")),
        message=terms.get("message") or None,
        locale=check_locale(locale) if (locale := terms.get("locale")) else company.locale,
        external_id=terms.get("external_id"),
        metadata=terms.get("metadata") or {},
        redirect_url=_checked_redirect(terms.get("redirect_url"), company),
        created_at=now,
        updated_at=now,
        **{"invitation_type": InvitationType.CREATE_CONNECTION, **kind},
    )


def _store(invitation: Invitation, *, by: Actor, submission: UUID | None, priority: int = ALONE) -> Invitation:
    invitation.save(force_insert=True)
    log_event(invitation, EventType.CREATED, by=by, event_id=submission)
    if invitation.send_email:
        queue_mails(invitation, invitation.mailable_emails, priority=priority)
    return invitation


def check_terms(company: Company, *, prefill: Prefill | None = None, **terms: Unpack[Terms]) -> None:
    """Refuses what `create_invitation` refuses, and makes nothing."""
    normalize_allowed_emails(terms.get("allowed_emails") or ())
    _end(timezone.now(), terms)
    _checked_max_uses(terms.get("max_uses"))
    _checked_redirect(terms.get("redirect_url"), company)
    if prefill:
        _checked_prefill(prefill, company)


@transaction.atomic
def update_invitation(
    invitation: Invitation, *, by: Actor, seen: Mapping[str, Any] | None = None, **changes: Any
) -> Invitation:
    """Change an invitation; the link stays the same.

    `changes`: `expires_in` (from now; None: never) or `expires_at`, `max_uses`, `allowed_emails`, `prefill`,
    `message`, `external_id`, `metadata`, by the rules of `create_invitation`. An address that is removed ends the
    personal links and proofs that belong to it. What is so already is not logged as changed, and where nothing
    changes nothing is logged. Refuses a revoked invitation, fewer uses than were spent, and, when the caller says
    what it has `seen`, by the names of the fields, other values than those.
    """
    locked = lock_invitation(invitation)
    if locked.revoked_at:
        raise InvitationRevoked
    if any(getattr(locked, name) != value for name, value in (seen or {}).items()):
        raise ChangedMeanwhile
    now = timezone.now()
    checked = _checked_changes(locked, changes, now)
    values = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    if not values:
        return locked
    before = {name: getattr(locked, name) for name in values}
    for name, value in values.items():
        setattr(locked, name, value)
    locked.updated_at = now
    locked.save(update_fields=[*values, "updated_at"])
    if locked.is_restricted:
        end_access(locked, [email for email in known_emails(locked) if not locked.allows(email)])
    fields = sorted(str(camel(name)) for name in values)
    log_event(locked, EventType.UPDATED, by=by, fields=fields, **told_changes(before, values))
    return locked


@transaction.atomic
def rotate_invitation(invitation: Invitation, *, by: Actor) -> Invitation:
    """A new link; the old one, every personal link and every proof end now. Refuses a revoked invitation."""
    locked = lock_invitation(invitation)
    if locked.revoked_at:
        raise InvitationRevoked
    # before the new token, which is a key of the row: see lock_invitation
    end_access(locked, known_emails(locked))
    token = new_token()
    locked.token_hash = hash_token(token)
    locked.sealed_token = seal_token(token, owner_id=locked.pk)
    locked.updated_at = timezone.now()
    locked.save(update_fields=["token_hash", "sealed_token", "updated_at"])
    log_event(locked, EventType.ROTATED, by=by)
    return locked


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Actor, reason: str | None = None) -> Invitation:
    """The link opens nothing from now on. Revoked before: nothing changes, and nothing is logged."""
    now = timezone.now()
    revoked = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=now, updated_at=now)
    if revoked:
        detail: dict[str, Any] = {"reason": reason} if reason else {}
        log_event(invitation, EventType.REVOKED, by=by, **detail)
    invitation.refresh_from_db(fields=["revoked_at", "updated_at"])
    return invitation


def lock_invitation(invitation: Invitation) -> Invitation:
    """As it is now, and as it stays to the end of the transaction but for what this transaction changes.

    Not its key: whoever presses the button of a personal link holds the link and waits for the invitation's key, and
    what ends that link would wait for them in turn.
    """
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("company__partner").get(pk=invitation.pk)


def note_view(invitation: Invitation) -> None:
    """Log that the page was opened, once in ten minutes: a page that is reloaded for ever fills no table."""
    now = timezone.now()
    if invitation.last_viewed_at and now - invitation.last_viewed_at < VIEW_GRAIN:
        return
    stale = Q(last_viewed_at=None) | Q(last_viewed_at__lte=now - VIEW_GRAIN)
    with transaction.atomic():
        if Invitation.objects.filter(stale, pk=invitation.pk).update(last_viewed_at=now):
            log_event(invitation, EventType.VIEWED, by=CONTRIBUTOR)


def _checked_changes(invitation: Invitation, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
    values = dict(changes)
    if values.keys() & {"expires_in", "expires_at"}:
        values["expires_at"] = _end(now, values)
        values.pop("expires_in", None)
    if "max_uses" in values:
        max_uses = _checked_max_uses(values["max_uses"])
        if max_uses is not None and max_uses < invitation.use_count:
            raise MaxUsesBelowUseCount
    if "allowed_emails" in values:
        values["allowed_emails"] = normalize_allowed_emails(values["allowed_emails"])
    if "message" in values:
        values["message"] = values["message"] or None
    if "prefill" in values:
        values["prefill"] = _changed_prefill(invitation, values["prefill"])
    return values


def _changed_prefill(invitation: Invitation, prefill: Prefill | None) -> dict[str, Any]:
    if prefill is None:
        return {}
    if invitation.invitation_type != InvitationType.CREATE_CONNECTION:
        raise InvalidField(("prefill",), "An invitation to repair a connection has no prefill.")
    return _checked_prefill(prefill, invitation.company).to_json()


def _end(now: datetime, given: Mapping[str, Any]) -> datetime | None:
    if "expires_in" in given and "expires_at" in given:
        raise InvalidField(("expires_at",), "Give expiresInSeconds or expiresAt, and not both.")
    field, life = "expires_in_seconds", given.get("expires_in")
    if end := given.get("expires_at"):
        field, life = "expires_at", end - now
    if life is not None and not SHORTEST_LIFE <= life <= LONGEST_LIFE:
        raise InvalidField((field,), "An invitation lives for 60 seconds to 10 years.")
    return None if life is None else now + life


def _checked_max_uses(max_uses: int | None) -> int | None:
    if max_uses is not None and not 1 <= max_uses <= MAX_MAX_USES:
        raise InvalidField(("max_uses",), "The number of uses is between 1 and 1,000,000.")
    return max_uses


def _checked_prefill(prefill: Prefill, company: Company) -> Prefill:
    """With each site and each type once, and the owner's address in its normal form."""
    if prefill.datasource_id:
        find_datasource(prefill.datasource_id, field=("prefill", "datasource_id"))
    if prefill.url:
        check_provider_url(prefill.url, field=("prefill", "url"))
    if prefill.country:
        check_country(prefill.country, field=("prefill", "country"))
    if prefill.initial_sites:
        sites_of(company, list(prefill.initial_sites), field=("prefill", "initial_sites"))
    if start := prefill.data_collection_start_date:
        check_start_date(start, field=("prefill", "data_collection_start_date"))
    if owner := prefill.connection_owner_email:
        owner = normalize_address(owner, field=("prefill", "connection_owner_email"))
    return replace(
        prefill,
        initial_sites=tuple(dict.fromkeys(prefill.initial_sites)),
        utility_types=tuple(dict.fromkeys(prefill.utility_types)),
        connection_owner_email=owner,
    )


def _checked_redirect(redirect_url: str | None, company: Company) -> str | None:
    if redirect_url is None:
        return None
    if not redirect_url.startswith("https://") or redirect_url not in company.partner.redirect_urls:
        raise InvalidField(("redirect_url",), "This address is not on the partner’s list of redirect addresses.")
    return redirect_url
