"""Values of the trust panel: the operator, and what is collected."""

from datetime import date

from django import template
from django.conf import settings

from connections.models import utility_type_names
from invitations.models import Invitation

register = template.Library()


@register.simple_tag
def operator_name() -> str:
    return str(settings.OPERATOR_NAME)


@register.filter
def collected_utilities(invitation: Invitation) -> list[str]:
    """Labels of the utilities whose data is collected, as far as the invitation names them."""
    if invitation.connection:
        return invitation.connection.utility_type_names
    return utility_type_names(invitation.prefilled.utility_types)


@register.filter
def collected_since(invitation: Invitation) -> date | None:
    """First day of the data that is collected, or None if the invitation does not name it."""
    if invitation.connection:
        return invitation.connection.collection_start_date
    return invitation.prefilled.data_collection_start_date
