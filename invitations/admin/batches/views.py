"""Bulk invitations: upload, check each row, create, follow the progress, download the result."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from companies.admin import CompanyLimitedAdmin
from companies.login_again import log_in_and_upload_again
from config.admin.changelist import AutocompleteFilter, status_word
from config.admin.csv_export import csv_response, log_export, logged_rows
from config.exceptions import DomainError
from config.http.body_limit import allow_large_body, content_length, is_large
from config.http.error_pages import too_large
from invitations.admin.batches.example import COLUMN_HELP, EXAMPLE
from invitations.admin.batches.forms import BatchForm, NewestCompaniesSelect
from invitations.admin.batches.pages import STATE_TONES, batch_context, progress_of
from invitations.admin.create.offers import only_company
from invitations.admin.links import link_of
from invitations.admin.titles import batch_title
from invitations.models import Batch, BatchRow
from invitations.services.batches.create import discard_batch, start_batch
from invitations.services.batches.csv_reader import MAX_FILE_BYTES
from invitations.services.batches.rows import COLUMNS

OTHER_FIELDS_BYTES = 512 * 1024
MAX_DRAINED_BYTES = 64 * 1024 * 1024
FILE_TOO_LARGE = _("The file is larger than 5 MiB. Split it into several files.")
PASTE_TOO_LARGE = _("The pasted text is larger than 4 MiB. Save it as a CSV file, and upload the file.")
RESULT_COLUMNS = ("number", "email", "externalId", "result", "error", "invitationId")


@admin.register(Batch)
class BatchAdmin(CompanyLimitedAdmin):
    """The permissions of invitations apply: add to upload and start, view to see and download."""

    form = BatchForm
    list_display = ("name", "company", "state", "row_count", "created_by", "created")
    list_select_related = ("company", "created_by")
    list_filter = (("company", AutocompleteFilter),)
    add_form_template = "admin/invitations/batch/add.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invitations.add_invitation")

    def has_view_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return self.has_add_permission(request) or request.user.has_perm("invitations.view_invitation")

    def has_change_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **kwargs, widget=NewestCompaniesSelect(db_field, self.admin_site)
        )

    def title_of(self, obj: Batch) -> str:
        return batch_title(obj)

    @admin.display(description=_("file"))
    def name(self, batch: Batch) -> str:
        return str(batch)

    @admin.display(description=_("status"))
    def state(self, batch: Batch) -> SafeString:
        return status_word(str(batch.state.label), STATE_TONES[batch.state])

    def get_urls(self) -> list[Any]:
        own = {"create": self.create_view, "discard": self.discard_view, "result": self.result_view}
        own |= {"progress": self.progress_view}
        see = self.admin_site.admin_view
        return [
            path("add/", self.upload_view, name="invitations_batch_add"),
            path("example/", see(self.example_view), name="invitations_batch_example"),
            *[
                path(f"<uuid:object_id>/{name}/", see(view), name=f"invitations_batch_{name}")
                for name, view in own.items()
            ],
            *super().get_urls(),
        ]

    @allow_large_body
    @method_decorator(csrf_exempt)
    def upload_view(self, request: HttpRequest) -> HttpResponseBase:
        """`add_view`, with a message when the body is too large. Reads no file of users who may not upload.

        Exempt from CSRF here, because the check reads the whole body. `admin_view` inside checks the token.
        """
        may_upload = self.admin_site.has_permission(request) and self.has_add_permission(request)
        if is_large(request) and not request.user.is_authenticated:
            return log_in_and_upload_again(request)
        if is_large(request) and not may_upload:
            return too_large(request)
        if content_length(request) > MAX_FILE_BYTES + OTHER_FIELDS_BYTES:
            return self._too_large(request, FILE_TOO_LARGE)
        try:
            return self.admin_site.admin_view(self.add_view)(request)
        except RequestDataTooBig:
            return self._too_large(request, PASTE_TOO_LARGE)

    def _too_large(self, request: HttpRequest, message: Any) -> HttpResponse:
        """Read and discard the body: otherwise browsers show a broken connection."""
        drained = 0
        while drained < MAX_DRAINED_BYTES and (piece := request.read(64 * 1024)):
            drained += len(piece)
        self.message_user(request, message, messages.ERROR)
        return redirect("admin:invitations_batch_add")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return super().add_view(request, form_url, {"title": _("Create bulk invitation"), "columns": COLUMN_HELP})

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Choose the only company of the user."""
        return {"company": only_company(request.user)} | super().get_changeform_initial_data(request)  # type: ignore[arg-type]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, context | {"form": context["adminform"].form}, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Batch, post_url_continue: str | None = None) -> HttpResponse:
        return redirect("admin:invitations_batch_change", obj.pk)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        batch = self._batch(request, object_id)
        return self.render_page(
            request,
            "admin/invitations/batch/change.html",
            may_create=self.has_add_permission(request),
            may_see_invitations=request.user.has_perm("invitations.view_invitation"),
            **batch_context(batch, status=request.GET.get("status", ""), page=request.GET.get("p", "1")),
        )

    @method_decorator(require_POST)
    def create_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        batch = self._batch(request, object_id, may=self.has_add_permission(request))
        try:
            start_batch(batch, by=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.log_change(request, batch, "Started.")
        return redirect("admin:invitations_batch_change", batch.pk)

    @method_decorator(require_POST)
    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Delete a draft. A started bulk invitation stays."""
        batch = self._batch(request, object_id, may=self.has_add_permission(request))
        try:
            with transaction.atomic():
                self.log_deletions(request, Batch.objects.filter(pk=batch.pk))
                discard_batch(batch)
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return redirect("admin:invitations_batch_change", batch.pk)
        self.message_user(
            request, _("“%(name)s” was discarded. Nothing was created.") % {"name": batch}, messages.SUCCESS
        )
        return redirect("admin:invitations_batch_changelist")

    @method_decorator(require_safe)
    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return JsonResponse(progress_of(self._batch(request, object_id)))

    @method_decorator(require_GET)
    def result_view(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """Each row with its status. Users who may view invitations get the links, too. The download is logged."""
        batch = self._batch(request, object_id)
        with_links = request.user.has_perm("invitations.view_invitation")
        header = (*RESULT_COLUMNS, "invitationUrl") if with_links else RESULT_COLUMNS
        entry = log_export(request, Batch, name=str(batch), object_id=str(batch.pk))
        some = batch.rows.order_by("number").select_related("invitation").iterator(chunk_size=500)
        what, cells = ("rows with their links", _cells_with_link) if with_links else ("rows", _cells)
        name = f"invitations-{batch.created_at:%Y-%m-%d}-{str(batch.pk)[-6:]}.csv"
        return csv_response(name, header, logged_rows(entry, some, cells, what=what))

    @method_decorator(require_safe)
    def example_view(self, request: HttpRequest) -> StreamingHttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        rows = [[line.get(column, "") for column in COLUMNS] for line in EXAMPLE]
        return csv_response("example.csv", COLUMNS, rows)

    def _batch(self, request: HttpRequest, object_id: str, *, may: bool | None = None) -> Batch:
        """403 without the permission; 404 for another company."""
        if not (self.has_view_permission(request) if may is None else may):
            raise PermissionDenied
        batch: Batch = self.get_row_or_404(request, str(object_id))
        return batch


def _cells(row: BatchRow) -> list[object]:
    invitation_id = "" if row.invitation_id is None else str(row.invitation_id)
    return [row.number, row.shown_email, row.external_id, row.status, row.error, invitation_id]


def _cells_with_link(row: BatchRow) -> list[object]:
    return [*_cells(row), row.invitation and link_of(row.invitation)]
