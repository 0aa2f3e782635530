"""Who takes part, for staff."""

from companies.admin.companies import CompanyAdmin, SiteAdmin, companies_named
from companies.admin.partners import ApiKeyAdmin, PartnerAdmin
from companies.admin.users import StaffAdmin

__all__ = ["ApiKeyAdmin", "CompanyAdmin", "PartnerAdmin", "SiteAdmin", "StaffAdmin", "companies_named"]
