"""What happened to a connection, in words for staff. No line of its log has anything secret."""

from collections.abc import Iterator

from connections.models import ConnectionEvent
from connections.models.status import Status


def notes_of(event: ConnectionEvent) -> Iterator[str]:
    """What the line says beside who, what and when."""
    detail = event.detail
    if event.email:
        yield event.email
    if event.repeats_status:
        yield f"Still “{Status(detail['to']).label}”"
    elif detail.get("to"):
        yield f"From “{Status(detail['from']).label}” to “{Status(detail['to']).label}”"
    if detail.get("error"):
        yield f"The answer: {detail['error']}"
