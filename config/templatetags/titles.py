"""Names of rows on the pages of the admin."""

from django import template
from django.contrib import admin
from django.db.models import Model

from config.admin.base import BaseAdmin

register = template.Library()


@register.filter
def admin_title(obj: Model) -> str:
    """Return the title of the row's page, for breadcrumbs and links."""
    model_admin = admin.site.get_model_admin(type(obj))
    return model_admin.title_of(obj) if isinstance(model_admin, BaseAdmin) else str(obj)
