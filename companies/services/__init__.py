"""Every change to those who take part."""

from companies.services.parties import (
    ANSWERS_KEPT,
    create_company,
    create_site,
    delete_old_answers,
    issue_api_key,
    note_api_key_use,
    revoke_api_key,
    sites_of,
    update_company,
    update_site,
)
from companies.services.staff import create_member, grantable_groups, may_manage, update_member

__all__ = [
    "ANSWERS_KEPT",
    "create_company",
    "create_member",
    "create_site",
    "delete_old_answers",
    "grantable_groups",
    "issue_api_key",
    "may_manage",
    "note_api_key_use",
    "revoke_api_key",
    "sites_of",
    "update_company",
    "update_member",
    "update_site",
]
