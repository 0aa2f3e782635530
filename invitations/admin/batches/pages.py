"""Context of the page of a bulk invitation."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.admin.changelist import status_word
from invitations.admin.titles import batch_title
from invitations.models import Batch, BatchState, RowStatus
from invitations.services.delivery.failed import MOST_RESENT, failed_mails

ROWS_PER_PAGE = 100
STATE_TONES = {BatchState.DRAFT: "waiting", BatchState.RUNNING: "waiting", BatchState.DONE: "done"}
ROW_TONES = {
    RowStatus.READY: "waiting",
    RowStatus.CREATED: "good",
    RowStatus.MALFORMED: "bad",
    RowStatus.DUPLICATE: "over",
    RowStatus.INVITED: "over",
    RowStatus.REFUSED: "bad",
}


def batch_context(batch: Batch, *, status: str, page: str) -> dict[str, Any]:
    """A page of rows, filtered by `status` if it is one, and the numbers of all rows."""
    counts = batch.count_by_status()
    chosen = RowStatus(status) if status in RowStatus.values else None
    rows = batch.rows.order_by("number")
    shown = Paginator(rows.filter(status=chosen) if chosen else rows, ROWS_PER_PAGE).get_page(page)
    return {
        "title": batch_title(batch),
        "batch": batch,
        "state": batch.state.value,
        "state_word": status_word(str(batch.state.label), STATE_TONES[batch.state]),
        "facts": _facts(batch),
        "notices": batch.notices.splitlines(),
        "ready": counts[RowStatus.READY],
        "ready_invitations": _invitations(counts[RowStatus.READY]),
        "created_invitations": _invitations(counts[RowStatus.CREATED]),
        "all_invited": not counts[RowStatus.READY] and not counts[RowStatus.MALFORMED],
        "failed_mails": failed_mails(None, batch=batch)[:MOST_RESENT].count() if batch.finished_at else 0,
        "left_out": batch.row_count - counts[RowStatus.READY] - counts[RowStatus.CREATED],
        "progress": progress_of(batch, counts),
        "filters": _filters(batch, counts, chosen),
        "rows": [
            (row, status_word(str(RowStatus(row.status).label), ROW_TONES[RowStatus(row.status)])) for row in shown
        ],
        "page": shown,
        "pages": _pages(shown, chosen),
    }


def progress_of(batch: Batch, counts: dict[RowStatus, int] | None = None) -> dict[str, Any]:
    """Progress in the format of `batch.js`."""
    counts = counts or batch.count_by_status()
    done = batch.row_count - counts[RowStatus.READY]
    text = _("%(done)s of %(total)s rows done, %(invitations)s created.") % {
        "done": f"{done:,}",
        "total": f"{batch.row_count:,}",
        "invitations": _invitations(counts[RowStatus.CREATED]),
    }
    return {
        "state": batch.state.value,
        "done": done,
        "total": batch.row_count,
        "created": counts[RowStatus.CREATED],
        "text": text,
    }


def _invitations(number: int) -> str:
    return ngettext("%(number)s invitation", "%(number)s invitations", number) % {"number": f"{number:,}"}


def _facts(batch: Batch) -> list[tuple[str, str]]:
    return [
        (_("Company"), str(batch.company)),
        (_("Message"), batch.message or _("None")),
        (_("Expires"), _expiry(batch.expires_in)),
        (_("Maximum uses"), _("Unlimited") if batch.max_uses is None else f"{batch.max_uses:,}"),
        (_("Mail"), _("Each address is mailed its own link") if batch.send_email else _("No mail is sent")),
    ]


def _expiry(span: timedelta | None) -> str:
    if span is None:
        return _("Never")
    return ngettext("After %(number)s day", "After %(number)s days", span.days) % {"number": f"{span.days:,}"}


def _filters(batch: Batch, counts: dict[RowStatus, int], chosen: RowStatus | None) -> list[dict[str, Any]]:
    """All rows, then each status that occurs."""
    everything = {"label": _("All"), "number": f"{batch.row_count:,}", "query": "?", "is_chosen": chosen is None}
    return [everything] + [
        {
            "label": str(status.label),
            "number": f"{number:,}",
            "query": f"?{urlencode({'status': status.value})}",
            "is_chosen": status == chosen,
        }
        for status, number in counts.items()
        if number or status == chosen
    ]


def _pages(shown: Any, chosen: RowStatus | None) -> list[tuple[Any, str]]:
    """Number and query of each page; a gap has an empty query."""
    query = {"status": chosen.value} if chosen else {}
    numbers = shown.paginator.get_elided_page_range(shown.number, on_each_side=2, on_ends=1)
    return [(number, f"?{urlencode(query | {'p': number})}" if isinstance(number, int) else "") for number in numbers]
