from collections import defaultdict
from collections.abc import Iterator

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest

MAX_ENTRIES = 50


def recent_actions(site: AdminSite, request: HttpRequest) -> QuerySet[LogEntry]:
    """Log entries of the user whose objects the user may still see: an entry shows the object's name.

    Looks at the latest 50. One query for each model among them.
    """
    latest: QuerySet[LogEntry] = site.get_log_entries(request)
    by_type: dict[ContentType | None, list[LogEntry]] = defaultdict(list)
    for entry in latest.filter(user=request.user.pk)[:MAX_ENTRIES]:
        by_type[entry.content_type].append(entry)
    visible = [pk for kind, entries in by_type.items() for pk in _visible(site, request, kind, entries)]
    return latest.filter(pk__in=visible)


def _visible(site: AdminSite, request: HttpRequest, kind: ContentType | None, entries: list[LogEntry]) -> Iterator[int]:
    """Keys of the entries whose object the user may see. The entry of an export has no object."""
    model = kind.model_class() if kind else None
    if model is None or not site.is_registered(model):
        return
    model_admin = site.get_model_admin(model)
    if not model_admin.has_view_permission(request):
        return
    ids = {entry.object_id for entry in entries if entry.object_id}
    rows = model_admin.get_queryset(request).filter(pk__in=ids) if ids else model._default_manager.none()
    found = {str(pk) for pk in rows.values_list("pk", flat=True)}
    yield from (entry.pk for entry in entries if not entry.object_id or entry.object_id in found)
