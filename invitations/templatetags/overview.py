"""Template tags of the first page of the admin."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from config.admin.base import COMBOBOXES
from invitations.admin.dashboard.overview import COMPANY, Overview

register = template.Library()


@register.simple_tag
def overview_media() -> SafeString:
    """Style sheets and scripts of the company field, for the head of the page."""
    return (COMPANY.media + COMBOBOXES).render()


@register.inclusion_tag("admin/overview/overview.html", takes_context=True)
def overview(context: Context) -> dict[str, Any]:
    return {"overview": Overview(context["request"])}
