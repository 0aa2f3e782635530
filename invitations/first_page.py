"""The page that a link opens, for contributors and for the preview of staff."""

from typing import Any

from invitations.models import Invitation


def first_page_context(
    invitation: Invitation, token: str, *, is_verified: bool = False, has_link: bool = False, has_results: bool = False
) -> dict[str, Any]:
    """Return the context of `invitations/invitation.html`.

    Most of the page is rendered once for each combination of `answers`. `texts` are put in for each response.
    """
    company, prefilled = invitation.company, invitation.prefilled
    names = {"company_name": company.name, "partner_name": company.partner.name}
    answers = {
        "repairs": invitation.repairs,
        "is_restricted": invitation.is_restricted,
        "is_verified": is_verified,
        "has_link": has_link,
        "has_message": invitation.message,
        "has_end": invitation.expires_at,
        "has_limit": invitation.max_uses,
        "has_results": has_results,
        "locks_provider": prefilled.locks_provider,
        "locks_coverage": prefilled.locks_coverage,
        "has_nothing_to_do": invitation.has_nothing_to_do,
        "allows_forwarding": invitation.allows_forwarding,
    }
    texts = names | {"left": invitation.uses_left, "token": token}
    known = {"invitation": invitation, "brand": company.brand, "token": token}
    return known | names | {"answers": answers, "texts": texts}
