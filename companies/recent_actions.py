from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest

MAX_ENTRIES = 50
MAX_SHOWN = 10


@dataclass(frozen=True)
class RecentAction:
    """Change that the user made. `url` is None for an export, which has no object."""

    message: str
    title: str
    url: str | None
    kind: str
    at: datetime


def recent_actions(site: AdminSite, request: HttpRequest) -> list[RecentAction]:
    """Newest actions of the user on objects that the user may still see: an action shows the object's title.

    Looks at the latest 50. One query for each model among them.
    """
    latest = site.get_log_entries(request).filter(user=request.user.pk).select_related("content_type")
    by_type: dict[ContentType | None, list[LogEntry]] = defaultdict(list)
    for entry in latest[:MAX_ENTRIES]:
        by_type[entry.content_type].append(entry)
    visible = [pair for kind, entries in by_type.items() for pair in _visible(site, request, kind, entries)]
    visible.sort(key=lambda pair: pair[0].pk, reverse=True)
    return [_action(entry, title) for entry, title in visible[:MAX_SHOWN]]


def _action(entry: LogEntry, title: str) -> RecentAction:
    return RecentAction(
        message=entry.get_change_message().removesuffix("."),
        title=title,
        url=entry.get_admin_url() if entry.object_id else None,
        kind=entry.content_type.name if entry.content_type else "",
        at=entry.action_time,
    )


def _visible(
    site: AdminSite, request: HttpRequest, kind: ContentType | None, entries: list[LogEntry]
) -> Iterator[tuple[LogEntry, str]]:
    """Entries whose object the user may see, with its title."""
    model = kind.model_class() if kind else None
    if model is None or not site.is_registered(model):
        return
    model_admin: Any = site.get_model_admin(model)
    if not model_admin.has_view_permission(request):
        return
    ids = {entry.object_id for entry in entries if entry.object_id}
    rows = model_admin.get_queryset(request).filter(pk__in=ids) if ids else model._default_manager.none()
    if model_admin.list_select_related:
        rows = rows.select_related(*model_admin.list_select_related)
    title_of = getattr(model_admin, "title_of", str)
    titles = {str(row.pk): title_of(row) for row in rows}
    for entry in entries:
        if not entry.object_id:
            yield entry, entry.object_repr
        elif entry.object_id in titles:
            yield entry, titles[entry.object_id]
