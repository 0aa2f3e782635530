"""Notes on the events of a connection."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from connections.models import ConnectionEvent
from connections.models.status import Status


def event_notes(event: ConnectionEvent) -> Iterator[str]:
    detail = event.detail
    if event.email:
        yield event.email
    if event.repeats_status:
        yield _("Still “%(status)s”") % {"status": Status(detail["to"]).label}
    elif detail.get("to"):
        labels = {"old": Status(detail["from"]).label, "new": Status(detail["to"]).label}
        yield _("From “%(old)s” to “%(new)s”") % labels
    if detail.get("error"):
        yield _("Detail: %(detail)s") % {"detail": detail["error"]}
    if detail.get("message"):
        yield _("Message to the contributor: %(message)s") % {"message": detail["message"]}
    if detail.get("fields"):
        yield _("Fields: %(fields)s") % {"fields": ", ".join(detail["fields"])}
    if detail.get("isAutomatic"):
        yield _("By Latchkey, because the connection stopped working.")
