"""Recipients, connections and events of an invitation, for its page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.admin.timeline import MOST_LINES, Timeline, timeline_of
from config.admin.times import format_datetime, relative_time
from connections.admin.connections import connection_status
from connections.models import Connection
from invitations.admin.actions import joined_emails
from invitations.admin.mails import MailState, mail_state, mail_word
from invitations.admin.next_step import InvitationState
from invitations.models import DeclineReason, Delivery, Invitation, InvitationEvent, LinkRequest, PersonalLink
from invitations.models.delivery import MAILED
from invitations.models.erased import is_erased
from invitations.services.reminders.subscriptions import unsubscribed as find_unsubscribed

FIELD_LABELS = {
    "allowForwarding": _("forwarding"),
    "allowedEmails": _("addresses"),
    "expiresAt": _("expiry"),
    "externalId": _("external id"),
    "maxUses": _("maximum uses"),
    "metadata": _("metadata"),
    "message": _("message"),
    "prefill": _("prefilled fields"),
    "reminders": _("reminders"),
}
DECLINE_REASONS = dict(DeclineReason.choices)
VERIFIED_BY = {"code": _("With a code"), "link": _("With the link in the mail")}


@dataclass(frozen=True)
class Recipient:
    """An address and its mail.

    `position`: index among the mailable addresses, None if it cannot be mailed. `has_link`: a link mailed to the
    address still works.
    """

    email: str
    delivery: Delivery | None
    position: int | None
    is_allowed: bool
    has_link: bool
    has_declined: bool = False
    is_unsubscribed: bool = False

    @property
    def word(self) -> SafeString | str:
        return mail_word(self.delivery, is_over=not self.is_allowed)

    @property
    def last_tried(self) -> SafeString | str:
        return relative_time(self.delivery.last_attempt_at if self.delivery else None)

    @property
    def mail_state(self) -> MailState:
        return mail_state(self.delivery)


@dataclass(frozen=True)
class History:
    """The newest rows of each list, at most `max_lines`. `broken`: connections that need a repair.

    `asked`: undecided requests for a new link.
    """

    recipients: list[Recipient]
    has_more_recipients: bool
    timeline: Timeline
    connections: list[tuple[Connection, SafeString]]
    has_more_connections: bool
    broken: list[Connection]
    asked: list[LinkRequest]

    max_lines: int = MOST_LINES

    def emails_in(self, state: MailState) -> list[str]:
        """Allowed addresses whose mail is in this state, without erased ones."""
        shown = [each for each in self.recipients if each.is_allowed and not is_erased(each.email)]
        return [each.email for each in shown if each.mail_state == state]


def load_history(invitation: Invitation) -> History:
    """The number of queries does not depend on the number of rows."""
    connections = _connections(invitation)
    recipients, has_more = _recipients(invitation)
    return History(
        recipients=recipients,
        has_more_recipients=has_more,
        timeline=timeline_of(invitation.events, _event_notes),
        connections=[(each, connection_status(each.status)) for each in connections[:MOST_LINES]],
        has_more_connections=len(connections) > MOST_LINES,
        asked=list(invitation.link_requests.undecided().select_related("delivery").order_by("pk")[:MOST_LINES]),
        broken=_without_open_repair([each for each in connections[:MOST_LINES] if each.is_repairable]),
    )


def state_of(invitation: Invitation, history: History) -> InvitationState:
    mails = [(each.delivery, each.has_link) for each in history.recipients if each.is_allowed and each.delivery]
    mailed = [(each, has_link) for each, has_link in mails if each.status in MAILED]
    times = [each.last_attempt_at for each, has_link in mailed if has_link and each.last_attempt_at]
    waiting = [each.waiting_since for each, _has_link in mails if mail_state(each) == MailState.WAITING]
    return InvitationState(
        status=invitation.status,
        is_repair=invitation.repairs,
        refused=history.emails_in(MailState.REFUSED),
        unsent=history.emails_in(MailState.UNSENT),
        delayed=history.emails_in(MailState.DELAYED),
        waiting_mails=len(waiting),
        waiting_since=min(waiting, default=None),
        unmailed=[email for email in history.emails_in(MailState.NOT_MAILED) if mails and not email.startswith("*")],
        mailed_at=max(times, default=None),
        stale_mails=sum(not has_link for _delivery, has_link in mailed),
        is_mailable=bool(invitation.mailable_emails),
        opened_at=invitation.last_viewed_at,
        use_count=invitation.use_count,
        uses_left=invitation.uses_left,
        broken=len(history.broken),
        expires_at=invitation.expires_at,
        asked=[each.delivery.email if each.delivery else "" for each in history.asked],
        declined_at=invitation.declined_at,
    )


def _connections(invitation: Invitation) -> list[Connection]:
    """The repaired connection, or the created ones: one more than is shown."""
    if invitation.connection:
        return [invitation.connection]
    created = Connection.objects.filter(use__invitation=invitation).select_related("datasource")
    return list(created.order_by("-use__pk")[: MOST_LINES + 1])


def _recipients(invitation: Invitation) -> tuple[list[Recipient], bool]:
    """Allowed addresses in their order, then mailed addresses that are no longer on the invitation."""
    positions = {email: position for position, email in enumerate(invitation.mailable_emails)}
    mails = {each.email: each for each in invitation.deliveries.filter(email__in=invitation.allowed_emails)}
    others = list(invitation.deliveries.exclude(email__in=invitation.allowed_emails).order_by("-pk")[: MOST_LINES + 1])
    shown = [*mails.values(), *others[:MOST_LINES]]
    linked = set(PersonalLink.objects.filter(delivery__in=shown).values_list("delivery__email", flat=True))
    unsubscribed = find_unsubscribed(shown)
    stopped = {each.email for each in shown if each.pk in unsubscribed}
    allowed = [
        Recipient(
            email,
            mails.get(email),
            positions.get(email),
            True,
            email in linked,
            has_declined=email in invitation.declined_emails,
            is_unsubscribed=email in stopped,
        )
        for email in invitation.allowed_emails
    ]
    earlier = [
        Recipient(each.email, each, None, invitation.allows(each.email), each.email in linked)
        for each in others[:MOST_LINES]
    ]
    return allowed + earlier, len(others) > MOST_LINES


def _without_open_repair(broken: list[Connection]) -> list[Connection]:
    """Connections for which no active repair invitation exists."""
    if not broken:
        return []
    invited = Invitation.objects.active().filter(connection__in=broken)
    under_repair = set(invited.values_list("connection", flat=True))
    return [connection for connection in broken if connection.pk not in under_repair]


def _event_notes(event: InvitationEvent) -> Iterator[str]:
    detail: dict[str, Any] = event.detail
    if detail.get("old") and detail.get("new"):
        yield gettext("%(old)s is now %(new)s") % {"old": detail["old"], "new": detail["new"]}
    else:
        if event.email:
            yield event.email
        yield from _change_notes(detail)
    if detail.get("emails"):
        yield gettext("To %(emails)s") % {"emails": joined_emails(detail["emails"])}
    if detail.get("means") in VERIFIED_BY:
        yield str(VERIFIED_BY[detail["means"]])
    if detail.get("to"):
        yield gettext("Passed on to %(email)s") % {"email": detail["to"]}
    if reason := detail.get("reason"):
        yield gettext("Reason: %(reason)s") % {"reason": DECLINE_REASONS.get(reason, reason)}
    if consent := detail.get("consent"):
        yield gettext("Text of the consent: %(version)s, %(language)s") % consent
    if detail.get("note"):
        yield detail["note"]


def _change_notes(detail: Mapping[str, Any]) -> Iterator[str]:
    """Names of changed fields; for those that are audited also the old and the new value."""
    names, changes = detail.get("fields", []), detail.get("changes", {})
    for name in filter(changes.__contains__, names):
        old, new = (_value(name, changes[name][key]) for key in ("old", "new"))
        yield gettext("%(field)s, from %(old)s to %(new)s") % {"field": FIELD_LABELS[name], "old": old, "new": new}
    others = [str(FIELD_LABELS.get(name, name)) for name in names if name not in changes]
    if others:
        yield ", ".join(others)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name == "maxUses":
        return gettext("unlimited") if value is None else f"{value:,}"
    return format_datetime(parse_datetime(value), default=gettext("never")) if value else gettext("never")
