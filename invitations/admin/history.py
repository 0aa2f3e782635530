"""What became of an invitation, in words: its mails, its log, its connections."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from companies.admin.timeline import MOST_LINES, Timeline, timeline_of
from config.admin.times import format_datetime, relative_time
from connections.admin import connection_status
from connections.models import Connection
from invitations.admin.actions import named
from invitations.admin.links import delivery_word
from invitations.admin.next_step import Situation
from invitations.models import Delivery, DeliveryStatus, Invitation, InvitationEvent, PersonalLink
from invitations.models.delivery import MAILED, UNDELIVERED

FIELDS = {
    "allowedEmails": "addresses",
    "expiresAt": "expiry",
    "externalId": "external id",
    "maxUses": "number of uses",
    "metadata": "metadata",
    "message": "message",
    "prefill": "what is filled in",
}
MEANS = {"code": "With a code", "link": "With the link in the mail"}


@dataclass(frozen=True)
class Recipient:
    """An address and what became of its mail. `position` is its place among those that can be mailed, if it is one;
    `has_link`: a link that was mailed to it leads here.
    """

    email: str
    delivery: Delivery | None
    position: int | None
    is_on: bool
    has_link: bool

    @property
    def state(self) -> SafeString | str:
        if self.delivery is None:
            return "Not mailed"
        return delivery_word(self.delivery, is_over=not self.is_on)

    @property
    def tried(self) -> SafeString | str:
        return relative_time(self.delivery.last_attempt_at if self.delivery else None)

    @property
    def is_undelivered(self) -> bool:
        return self.is_on and self.delivery is not None and self.delivery.status in UNDELIVERED


@dataclass(frozen=True)
class History:
    """The latest of everything: each list has at most 100 lines of what is past."""

    recipients: list[Recipient]
    earlier_recipients: bool
    timeline: Timeline
    connected: list[tuple[Connection, SafeString]]
    earlier_connected: bool
    broken: list[Connection]

    most_lines: int = MOST_LINES


def history_of(invitation: Invitation) -> History:
    """In as many queries for one line as for a thousand."""
    connected = _connections(invitation)
    recipients, earlier = _recipients(invitation)
    return History(
        recipients=recipients,
        earlier_recipients=earlier,
        timeline=timeline_of(invitation.events, _notes),
        connected=[(each, connection_status(each.status)) for each in connected[:MOST_LINES]],
        earlier_connected=len(connected) > MOST_LINES,
        broken=_without_open_repair([each for each in connected[:MOST_LINES] if each.is_repairable]),
    )


def _connections(invitation: Invitation) -> list[Connection]:
    """Those that it made, or the one that it repairs; one more than is shown."""
    if invitation.connection:
        return [invitation.connection]
    made = Connection.objects.filter(use__invitation=invitation).select_related("datasource")
    return list(made.order_by("-use__pk")[: MOST_LINES + 1])


def situation_of(invitation: Invitation, history: History) -> Situation:
    """What the next step is derived from."""
    mails = [(each.delivery, each.has_link) for each in history.recipients if each.is_on and each.delivery]
    mailed = [(each, linked) for each, linked in mails if each.status in MAILED]
    return Situation(
        status=invitation.status,
        repairs=invitation.repairs,
        undelivered=[each.email for each in history.recipients if each.is_undelivered],
        waiting=sum(each.status == DeliveryStatus.QUEUED for each, _ in mails),
        mailed_at=max(
            (each.last_attempt_at for each, linked in mailed if linked and each.last_attempt_at), default=None
        ),
        replaced=sum(not linked for _, linked in mailed),
        mailable=bool(invitation.mailable_emails),
        opened_at=invitation.last_viewed_at,
        use_count=invitation.use_count,
        uses_left=invitation.uses_left,
        broken=len(history.broken),
        expires_at=invitation.expires_at,
    )


def _recipients(invitation: Invitation) -> tuple[list[Recipient], bool]:
    """Those on the invitation in their order, then those who were mailed and are named on it no more."""
    places = {email: place for place, email in enumerate(invitation.mailable_emails)}
    mails = {each.email: each for each in invitation.deliveries.filter(email__in=invitation.allowed_emails)}
    others = list(invitation.deliveries.exclude(email__in=invitation.allowed_emails).order_by("-pk")[: MOST_LINES + 1])
    shown = [*mails.values(), *others[:MOST_LINES]]
    linked = set(PersonalLink.objects.filter(delivery__in=shown).values_list("delivery__email", flat=True))
    on = [
        Recipient(email, mails.get(email), places.get(email), True, email in linked)
        for email in invitation.allowed_emails
    ]
    more = [
        Recipient(each.email, each, None, invitation.allows(each.email), each.email in linked)
        for each in others[:MOST_LINES]
    ]
    return on + more, len(others) > MOST_LINES


def _without_open_repair(broken: list[Connection]) -> list[Connection]:
    """Those for whose repair nobody has been invited yet."""
    if not broken:
        return []
    invited = Invitation.objects.active().filter(connection__in=broken)
    under_repair = set(invited.values_list("connection", flat=True))
    return [connection for connection in broken if connection.pk not in under_repair]


def _notes(event: InvitationEvent) -> Iterator[str]:
    detail: dict[str, Any] = event.detail
    if detail.get("old") and detail.get("new"):
        yield f"{detail['old']} is now {detail['new']}"
    else:
        if event.email:
            yield event.email
        yield from _changes(detail)
    if detail.get("emails"):
        yield f"To {named(detail['emails'])}"
    if detail.get("means") in MEANS:
        yield MEANS[detail["means"]]
    if detail.get("reason"):
        yield f"Reason: {detail['reason']}"


def _changes(detail: Mapping[str, Any]) -> Iterator[str]:
    """What was changed; of an end and of uses also from what to what."""
    names, told = detail.get("fields", []), detail.get("changes", {})
    for name in filter(told.__contains__, names):
        yield f"{FIELDS[name]}, from {_words(name, told[name]['old'])} to {_words(name, told[name]['new'])}"
    others = [FIELDS.get(name, str(name)) for name in names if name not in told]
    if others:
        yield ", ".join(others)


def _words(name: str, value: Any) -> str:
    if name == "maxUses":
        return "any" if value is None else f"{value:,}"
    return format_datetime(parse_datetime(value), default="never") if value else "never"
