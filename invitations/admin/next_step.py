"""The next step for staff, derived from the state of an invitation. Its words stand in `_next_step_text.html`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto

from invitations.models.status import Status

PATIENCE = timedelta(days=1)
# after that, the worker may not be running
ON_ITS_WAY = timedelta(minutes=10)
EXPIRES_SOON = timedelta(days=2)


class Advice(StrEnum):
    LINK_REQUESTED = auto()
    DECLINED = auto()
    REVOKED = auto()
    USED_UP = auto()
    REPAIR_USED_UP = auto()
    EXPIRED = auto()
    EXPIRED_REFUSED = auto()
    EXPIRED_USED = auto()
    EXPIRED_OPENED = auto()
    REFUSED = auto()
    UNSENT = auto()
    ADDED = auto()
    LINK_REPLACED = auto()
    BROKEN = auto()
    IN_USE = auto()
    OPENED = auto()
    OPENED_RECENTLY = auto()
    DELAYED = auto()
    OVERDUE = auto()
    QUEUED = auto()
    MAILED = auto()
    MAILED_RECENTLY = auto()
    NOT_MAILED = auto()
    LINK_ONLY = auto()


@dataclass(frozen=True)
class InvitationState:
    """Facts about an invitation.

    `refused`, `unsent` and `delayed`: allowed addresses whose mail is in this `MailState`. `waiting_mails`: number of
    the other queued mails, the first since `waiting_since`. `unmailed`: addresses without a mail, although others have
    one. `mailed_at`: time of the newest mail whose link still works. `stale_mails`: number of mails
    whose link was replaced. `broken`: number of connections that need a repair.
    `asked`: for each undecided request for a new link, the address that it came from, or an empty text.
    """

    status: Status
    is_repair: bool = False
    refused: Sequence[str] = ()
    unsent: Sequence[str] = ()
    delayed: Sequence[str] = ()
    waiting_mails: int = 0
    waiting_since: datetime | None = None
    unmailed: Sequence[str] = ()
    mailed_at: datetime | None = None
    stale_mails: int = 0
    is_mailable: bool = False
    opened_at: datetime | None = None
    use_count: int = 0
    uses_left: int | None = None
    broken: int = 0
    expires_at: datetime | None = None
    asked: Sequence[str] = ()
    declined_at: datetime | None = None


@dataclass(frozen=True)
class NextStep:
    """Advice, and the names of the buttons that follow it, best first."""

    advice: Advice
    buttons: tuple[str, ...] = ()
    expires_soon: bool = False

    @property
    def extends_at_once(self) -> bool:
        """True if one button extends the invitation and mails it again, without a page that asks."""
        return self.advice in {Advice.EXPIRED, Advice.EXPIRED_OPENED, Advice.EXPIRED_USED}

    @property
    def acts_at_once(self) -> bool:
        """True if the best button needs no page that asks."""
        return self.advice == Advice.LINK_REQUESTED


def suggest_next_step(state: InvitationState, *, now: datetime) -> NextStep:
    """Return the most urgent step: for an ended invitation, then for a failure, then for a contributor to wait for."""
    match state.status:
        case Status.REVOKED:
            return NextStep(Advice.REVOKED, ("new",))
        case Status.FULFILLED:
            return _used_up(state)
    if state.asked:
        return NextStep(Advice.LINK_REQUESTED, ("approve",))
    if state.status == Status.EXPIRED:
        return _expired(state)
    step = NextStep(Advice.DECLINED) if state.declined_at else _problem(state) or _progress(state, now)
    if state.expires_at and state.expires_at - now <= EXPIRES_SOON:
        return replace(step, buttons=(*step.buttons, "extend"), expires_soon=True)
    return step


def _used_up(state: InvitationState) -> NextStep:
    if state.broken:
        return NextStep(Advice.BROKEN, ("repair",))
    return NextStep(Advice.REPAIR_USED_UP if state.is_repair else Advice.USED_UP)


def _expired(state: InvitationState) -> NextStep:
    if state.refused:
        return NextStep(Advice.EXPIRED_REFUSED, ("extend", "correct"))
    if state.use_count:
        return NextStep(Advice.EXPIRED_USED, ("extend",))
    return NextStep(Advice.EXPIRED_OPENED if state.opened_at else Advice.EXPIRED, ("extend",))


def _problem(state: InvitationState) -> NextStep | None:
    if state.refused:
        return NextStep(Advice.REFUSED, ("correct",))
    if state.unsent:
        return NextStep(Advice.UNSENT, ("resend",))
    if state.stale_mails:
        return NextStep(Advice.LINK_REPLACED, ("resend",))
    if state.unmailed:
        return NextStep(Advice.ADDED, ("resend",))
    if state.broken and not state.is_repair:
        return NextStep(Advice.BROKEN, ("repair",))
    return None


def _progress(state: InvitationState, now: datetime) -> NextStep:
    if state.use_count:
        return NextStep(Advice.IN_USE)
    if state.opened_at:
        return _wait_or_resend(state, state.opened_at, now, Advice.OPENED_RECENTLY, Advice.OPENED)
    if state.delayed:
        return NextStep(Advice.DELAYED)
    if state.waiting_mails:
        is_overdue = state.waiting_since and now - state.waiting_since > ON_ITS_WAY
        return NextStep(Advice.OVERDUE if is_overdue else Advice.QUEUED)
    if state.mailed_at:
        return _wait_or_resend(state, state.mailed_at, now, Advice.MAILED_RECENTLY, Advice.MAILED)
    return NextStep(Advice.NOT_MAILED, ("resend",)) if state.is_mailable else NextStep(Advice.LINK_ONLY)


def _wait_or_resend(
    state: InvitationState, since: datetime, now: datetime, recently: Advice, long_ago: Advice
) -> NextStep:
    if now - since < PATIENCE:
        return NextStep(recently)
    return NextStep(long_ago, ("resend",) if state.is_mailable else ())
