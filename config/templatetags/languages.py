"""Names of languages, each in its own language."""

from collections.abc import ItemsView

from django import template

from config.languages import ENDONYMS

register = template.Library()


@register.simple_tag
def endonyms() -> ItemsView[str, str]:
    """Pairs of code and name. Django's own tag would translate the names."""
    return ENDONYMS.items()
