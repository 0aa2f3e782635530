from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.admin.groups import PermissionsField
from companies.admin.limits import UnlimitedAdmin
from companies.admin.logins import AccountRecoveryMixin
from companies.admin.selects import SeveralSelect
from companies.models import User
from companies.services.staff import MEMBER_CHECKS, create_member, grantable_groups, may_manage, update_member
from config.admin.base import ServiceForm

FOR_SUPERUSERS = ("is_superuser", "user_permissions")


class LowerCaseEmail:
    """Store emails in lower case: they are user names."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class NewUserForm(LowerCaseEmail, ServiceForm, BaseUserCreationForm):  # type: ignore[type-arg]
    checks = MEMBER_CHECKS

    class Meta:
        model = User
        fields = ("email", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # the admin's script focuses the first field, and the browser warns about two focused fields
        self.fields["email"].widget.attrs.pop("autofocus", None)

    def perform(self, *, by: User) -> User:
        given = self.cleaned_data
        return create_member(by=by, email=given["email"], name=given["name"], password=given["password1"])


class UserForm(LowerCaseEmail, ServiceForm):
    checks = MEMBER_CHECKS

    class Meta:
        model = User
        fields = (
            "email",
            "name",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
            "is_limited",
            "companies",
        )
        labels = {"user_permissions": _("Further permissions")}
        help_texts = {
            "groups": _("A member has the permissions of all chosen groups."),
            "user_permissions": _("In addition to those of the groups."),
        }

    def perform(self, *, by: User) -> User:
        return update_member(self.instance, by=by, **self.changes)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Requires a password: there is no other way to log in."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True


@admin.register(User)
class StaffAdmin(UnlimitedAdmin, AccountRecoveryMixin, UserAdmin):  # type: ignore[type-arg]
    """To change a member is to become them, so it takes all their permissions (`may_manage`)."""

    form = UserForm
    add_form = NewUserForm
    add_form_template = None
    change_password_form = PasswordForm
    change_user_password_template = "admin/companies/user/change_password.html"  # noqa: S105 - a file
    list_display = ("email", "name", "is_active", "is_superuser", "is_limited", "last_login")
    list_filter = ("is_active", "is_superuser", "is_limited", "groups")
    search_fields = ("email", "name")
    search_help_text = _("Search by email, name, or part of one.")
    readonly_fields = ("change_password", "login_state", "second_factor_state", "last_login", "created_at")
    autocomplete_fields = ("companies",)
    filter_horizontal = ()
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "name", "change_password", "login_state", "second_factor_state")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Companies"), {"fields": ("is_limited", "companies")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(request.user, obj))  # type: ignore[arg-type]

    def title_of(self, obj: User) -> str:
        return f"{obj.name}, {obj.email}" if obj.name else obj.email

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Hide what only superusers may grant."""
        if request.user.is_superuser or obj is None:
            return super().get_fieldsets(request, obj)
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in FOR_SUPERUSERS]})
            for title, options in self.fieldsets
        ]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.remote_field.model is Group:
            return grantable_groups(request.user).order_by("name")  # type: ignore[arg-type]
        return super().get_field_queryset(db, db_field, request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show groups as checkboxes, and permissions in plain words."""
        if db_field.name == "groups":
            kwargs["widget"] = CheckboxSelectMultiple()
        if db_field.name == "user_permissions":
            kwargs["form_class"] = PermissionsField
        if db_field.name == "companies":
            kwargs["widget"] = SeveralSelect(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)
