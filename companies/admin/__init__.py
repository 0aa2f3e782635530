from companies.admin.companies import CompanyAdmin, SiteAdmin, search_companies
from companies.admin.groups import StaffGroupAdmin
from companies.admin.limits import CompanyLimitedAdmin, UnlimitedAdmin, limit_of
from companies.admin.partners import ApiKeyAdmin, PartnerAdmin
from companies.admin.users import StaffAdmin

__all__ = [
    "ApiKeyAdmin",
    "CompanyAdmin",
    "CompanyLimitedAdmin",
    "PartnerAdmin",
    "SiteAdmin",
    "StaffAdmin",
    "StaffGroupAdmin",
    "UnlimitedAdmin",
    "limit_of",
    "search_companies",
]
