"""When a mail is tried again, and for how long, by the fault."""

from datetime import timedelta

from invitations.models import Fault

# our side may need a weekend to mend it; a mailbox that is full today is not read tomorrow either
RETRY_FOR = {
    Fault.SENDER: timedelta(days=5),
    Fault.RECEIVER: timedelta(hours=25),
    Fault.LIMIT: timedelta(days=2),
}
# RFC 5321, 4.5.4.1, begins with 30 minutes, but that is for the server behind ours; here a person waits
SHORTEST = timedelta(minutes=1)
LONGEST = {Fault.SENDER: timedelta(hours=1), Fault.RECEIVER: timedelta(hours=3), Fault.LIMIT: timedelta(hours=3)}


def retry_delay(fault: Fault, *, failing_for: timedelta) -> timedelta | None:
    """Return the delay before the next attempt: 1, 1, 2, 4, 8 … minutes. None once the mail has failed for too long."""
    if failing_for >= RETRY_FOR[fault]:
        return None
    return min(max(failing_for, SHORTEST), LONGEST[fault])
