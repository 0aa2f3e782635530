"""What somebody did last, as far as they may still see what it was done to."""

from collections import defaultdict
from collections.abc import Iterator

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest

MOST_LOOKED_AT = 50


def recent_actions(site: AdminSite, request: HttpRequest) -> QuerySet[LogEntry]:
    """Of the latest 50 actions of whoever asks, those on what their lists show: an entry tells a name.

    A query for each kind of thing among them.
    """
    latest: QuerySet[LogEntry] = site.get_log_entries(request)
    about: dict[ContentType | None, list[LogEntry]] = defaultdict(list)
    for entry in latest.filter(user=request.user.pk)[:MOST_LOOKED_AT]:
        about[entry.content_type].append(entry)
    return latest.filter(pk__in=[pk for kind, entries in about.items() for pk in _seen(site, request, kind, entries)])


def _seen(site: AdminSite, request: HttpRequest, kind: ContentType | None, entries: list[LogEntry]) -> Iterator[int]:
    """The keys of those whose object is there and open; an export, which is of a whole list, has none."""
    model = kind.model_class() if kind else None
    if model is None or not site.is_registered(model):
        return
    its_admin = site.get_model_admin(model)
    if not its_admin.has_view_permission(request):
        return
    named = {entry.object_id for entry in entries if entry.object_id}
    rows = its_admin.get_queryset(request).filter(pk__in=named) if named else model._default_manager.none()
    there = {str(pk) for pk in rows.values_list("pk", flat=True)}
    yield from (entry.pk for entry in entries if not entry.object_id or entry.object_id in there)
