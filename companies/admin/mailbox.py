"""Mails of test mode in the admin: only viewed."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.addresses import normalize_address
from companies.admin.limits import CompanyLimitedAdmin
from companies.models import StoredMail
from companies.services.mailbox import read_mail
from config.admin.changelist import AutocompleteFilter
from config.admin.times import format_datetime
from config.db.uuid7 import parse_uuid
from config.exceptions import InvalidField


@admin.register(StoredMail)
class StoredMailAdmin(CompanyLimitedAdmin):
    """They stay for 30 days. A link or a code in them works, but only for a test invitation."""

    list_display = ("subject", "email", "company", "time")
    list_select_related = ("company",)
    list_filter = (("company", AutocompleteFilter),)
    search_fields = ("email",)
    search_help_text = _("A complete address, or the id of an invitation.")
    fields = readonly_fields = ("subject", "email", "company", "time", "text")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StoredMail | None = None) -> bool:
        return False

    def title_of(self, obj: StoredMail) -> str:
        return gettext("Mail to %(address)s") % {"address": obj.email}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        return (queryset.filter(_matches(term)) if term else queryset), False

    @admin.display(description=_("subject"))
    def subject(self, stored: StoredMail) -> str:
        mail = read_mail(stored)
        return mail.subject if mail else gettext("It cannot be decrypted.")

    @admin.display(description=_("text"))
    def text(self, stored: StoredMail) -> SafeString | str:
        mail = read_mail(stored)
        return mark_safe(linebreaks(mail.text, autoescape=True)) if mail else gettext("It cannot be decrypted.")  # noqa: S308

    @admin.display(description=_("time"))
    def time(self, stored: StoredMail) -> str:
        return format_datetime(stored.created_at)


def _matches(term: str) -> Q:
    if invitation_id := parse_uuid(term):
        return Q(resource_id=invitation_id)
    try:
        return Q(email=normalize_address(term))
    except InvalidField:
        return Q(pk__in=[])
