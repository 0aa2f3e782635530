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
from companies.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    key_in_words,
    pass_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    setup_address,
    turn_off_second_factor,
)
from companies.services.staff import create_member, grantable_groups, may_manage, unlock_member, update_member

__all__ = [
    "ANSWERS_KEPT",
    "begin_second_factor",
    "confirm_second_factor",
    "create_company",
    "create_member",
    "create_site",
    "delete_old_answers",
    "grantable_groups",
    "issue_api_key",
    "key_in_words",
    "may_manage",
    "note_api_key_use",
    "pass_second_factor",
    "renew_recovery_codes",
    "reset_second_factor",
    "revoke_api_key",
    "setup_address",
    "sites_of",
    "turn_off_second_factor",
    "unlock_member",
    "update_company",
    "update_member",
    "update_site",
]
