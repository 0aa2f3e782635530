"""What to do next about an invitation: one sentence for staff, derived from what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from invitations.models.status import Status

PATIENCE = timedelta(days=1)
LAST_CALL = timedelta(days=2)


@dataclass(frozen=True)
class Situation:
    """What is known. `undelivered`: addresses still on it whose mail did not arrive; `waiting`: mails not yet out;
    `mailed_at`: when the newest mail left whose link still leads here; `replaced`: mails whose link does not any more;
    `broken`: connections of it that other login details would mend.
    """

    status: Status
    repairs: bool = False
    undelivered: Sequence[str] = ()
    waiting: int = 0
    mailed_at: datetime | None = None
    replaced: int = 0
    mailable: bool = False
    opened_at: datetime | None = None
    use_count: int = 0
    uses_left: int | None = None
    broken: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True)
class NextStep:
    """What to do, and the names of the buttons that do it, the best first."""

    sentence: str
    buttons: tuple[str, ...] = ()


def next_step(known: Situation, *, now: datetime) -> NextStep:
    """The most pressing first: what is over, then what is broken, then whom to wait for or ask."""
    match known.status:
        case Status.REVOKED:
            return NextStep(
                "It was revoked, and its link leads nowhere. If it is still needed, make a new one.", ("new",)
            )
        case Status.FULFILLED:
            return _used_up(known)
        case Status.EXPIRED:
            return _expired(known)
    step = (
        _not_delivered(known)
        or _replaced(known)
        or _broken(known)
        or _connected(known)
        or _opened(known, now)
        or _sent(known, now)
    )
    if known.expires_at and known.expires_at - now <= LAST_CALL and "extend" not in step.buttons:
        return NextStep(f"{step.sentence} It expires soon: extend it if they need longer.", (*step.buttons, "extend"))
    return step


def _used_up(known: Situation) -> NextStep:
    if broken := _broken(known):
        return broken
    if known.repairs:
        return NextStep("New login details were given. There is nothing to do.")
    return NextStep("Everything it was for is connected. There is nothing to do.")


def _expired(known: Situation) -> NextStep:
    if known.undelivered:
        return NextStep(
            f"It expired, and {_mail_to(known.undelivered)} did not arrive. Extend it, then correct the address.",
            ("extend", "correct"),
        )
    if known.use_count:
        return NextStep("It was used, and its time is over. Extend it if more is to be connected.", ("extend",))
    if known.opened_at:
        return NextStep(
            "It was opened, and expired before anything was connected. Extend it and ask again.", ("extend",)
        )
    return NextStep(
        "It expired before anybody opened it. Extend it if it is still needed; the link stays.", ("extend",)
    )


def _not_delivered(known: Situation) -> NextStep | None:
    if not known.undelivered:
        return None
    what = "address" if len(known.undelivered) == 1 else "addresses"
    mail = _mail_to(known.undelivered)
    return NextStep(
        f"{mail[0].upper()}{mail[1:]} did not arrive. Correct the {what}, or pass the link on.", ("correct",)
    )


def _replaced(known: Situation) -> NextStep | None:
    if not known.replaced:
        return None
    what = "the mail" if known.replaced == 1 else "some mails"
    return NextStep(
        f"The link was replaced after {what} went out, and leads nowhere there. Mail it again.", ("resend",)
    )


def _broken(known: Situation) -> NextStep | None:
    if not known.broken:
        return None
    if known.repairs and known.status == Status.ACTIVE:
        return None
    what, them = ("A connection does", "it") if known.broken == 1 else (f"{known.broken} connections do", "them")
    return NextStep(f"{what} not work with the login that was given. Invite somebody to repair {them}.", ("repair",))


def _connected(known: Situation) -> NextStep | None:
    if not known.use_count:
        return None
    if known.uses_left is None:
        return NextStep("It is being used, and can be used again. Revoke it when nothing more is to come.")
    return NextStep(f"It is being used, and can be used {_times(known.uses_left)} more. Wait for the rest.")


def _opened(known: Situation, now: datetime) -> NextStep | None:
    if known.opened_at is None:
        return None
    if now - known.opened_at < PATIENCE:
        return NextStep("It was opened a short while ago, and is not finished yet. Give them a little time.")
    if known.mailable:
        return NextStep("It was opened and not finished. Mail it again, or call and ask what is missing.", ("resend",))
    return NextStep("It was opened and not finished. Call and ask what is missing; the link still works.")


def _sent(known: Situation, now: datetime) -> NextStep:
    if known.waiting:
        return NextStep("The mail is on its way. Come back in a few minutes.")
    if known.mailed_at and now - known.mailed_at < PATIENCE:
        return NextStep("It was mailed, and nobody has opened it yet. Give them a little time.")
    if known.mailed_at:
        return NextStep("It was mailed, and nobody has opened it. Mail it again, or call.", ("resend",))
    if known.mailable:
        return NextStep("Nobody has been mailed. Mail it, or copy the link and pass it on.", ("resend",))
    return NextStep("Copy the link and pass it on. Nobody has opened it yet.")


def _mail_to(emails: Sequence[str]) -> str:
    return f"the mail to {emails[0]}" if len(emails) == 1 else f"the mails to {len(emails)} addresses"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
