"""What the page of a batch says."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator

from config.admin.changelist import status_word
from invitations.models import Batch, BatchState, RowStatus

ROWS_A_PAGE = 100
STATE_TONES = {BatchState.DRAFT: "waiting", BatchState.RUNNING: "waiting", BatchState.DONE: "done"}
VERDICT_TONES = {
    RowStatus.READY: "waiting",
    RowStatus.CREATED: "good",
    RowStatus.MALFORMED: "bad",
    RowStatus.DUPLICATE: "over",
    RowStatus.INVITED: "over",
    RowStatus.REFUSED: "bad",
}


def batch_page(batch: Batch, *, verdict: str, page: str) -> dict[str, Any]:
    """A page of its rows, narrowed to a verdict, and what there is to say of the whole."""
    counts = batch.count_by_status()
    chosen = RowStatus(verdict) if verdict in RowStatus.values else None
    rows = batch.rows.order_by("number")
    shown = Paginator(rows.filter(status=chosen) if chosen else rows, ROWS_A_PAGE).get_page(page)
    return {
        "title": str(batch),
        "batch": batch,
        "state": batch.state.value,
        "state_word": status_word(str(batch.state.label), STATE_TONES[batch.state]),
        "facts": _facts(batch),
        "ready": counts[RowStatus.READY],
        "ready_words": _invitations(counts[RowStatus.READY]),
        "created_words": _invitations(counts[RowStatus.CREATED]),
        "all_invited": not counts[RowStatus.READY] and not counts[RowStatus.MALFORMED],
        "left_alone": batch.row_count - counts[RowStatus.READY] - counts[RowStatus.CREATED],
        "progress": progress_of(batch, counts),
        "choices": _choices(batch, counts, chosen),
        "rows": [
            (row, status_word(str(RowStatus(row.status).label), VERDICT_TONES[RowStatus(row.status)])) for row in shown
        ],
        "page": shown,
        "pages": _pages(shown, chosen),
    }


def progress_of(batch: Batch, counts: dict[RowStatus, int] | None = None) -> dict[str, Any]:
    """How far the work is, for the script that follows it."""
    counts = counts or batch.count_by_status()
    done = batch.row_count - counts[RowStatus.READY]
    return {
        "state": batch.state.value,
        "done": done,
        "total": batch.row_count,
        "created": counts[RowStatus.CREATED],
        "words": f"{done:,} of {batch.row_count:,} rows done, {_invitations(counts[RowStatus.CREATED])} created.",
    }


def _invitations(number: int) -> str:
    return "1 invitation" if number == 1 else f"{number:,} invitations"


def _facts(batch: Batch) -> list[tuple[str, str]]:
    return [
        ("Company", str(batch.company)),
        ("Message", batch.message or "None"),
        ("Expires in", _days(batch.expires_in)),
        ("Accounts", "Any number" if batch.max_uses is None else f"{batch.max_uses:,}"),
        ("Mail", "Each address is mailed its own link" if batch.send_email else "Nothing is sent"),
    ]


def _days(life: timedelta | None) -> str:
    if life is None:
        return "Never"
    return "1 day" if life.days == 1 else f"{life.days:,} days"


def _choices(batch: Batch, counts: dict[RowStatus, int], chosen: RowStatus | None) -> list[dict[str, Any]]:
    """All rows, then each verdict that some row has."""
    everything = {"words": "All", "number": f"{batch.row_count:,}", "query": "?", "is_chosen": chosen is None}
    return [everything] + [
        {
            "words": str(verdict.label),
            "number": f"{number:,}",
            "query": f"?{urlencode({'verdict': verdict.value})}",
            "is_chosen": verdict == chosen,
        }
        for verdict, number in counts.items()
        if number or verdict == chosen
    ]


def _pages(shown: Any, chosen: RowStatus | None) -> list[tuple[Any, str]]:
    """Each page's number and address; a gap has no address."""
    narrowed = {"verdict": chosen.value} if chosen else {}
    numbers = shown.paginator.get_elided_page_range(shown.number, on_each_side=2, on_ends=1)
    return [
        (number, f"?{urlencode(narrowed | {'p': number})}" if isinstance(number, int) else "") for number in numbers
    ]
