from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Permission, PermissionsMixin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from companies.models.authenticators import Authenticator
    from companies.models.companies import Company


class UserManager(BaseUserManager["User"]):
    """Creates and finds users by email, ignoring case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # django-otp has no types
    """A member of staff. Contributors and partner systems have no account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True, help_text="Members log in with it.")
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("can log in", default=True)
    is_staff = models.BooleanField("can use this admin", default=True)
    is_superuser = models.BooleanField("superuser", default=False, help_text="Has every permission.")
    is_limited = models.BooleanField(
        "limited to companies",
        default=False,
        db_default=False,
        help_text="Sees and invites only for the companies chosen here. Superusers see all companies.",
    )
    companies: "models.ManyToManyField[Company, Any]" = models.ManyToManyField(
        "Company", blank=True, related_name="staff"
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    @cached_property
    def company_limit(self) -> frozenset[UUID] | None:
        """Ids of the companies that the member may see. None: all."""
        if self.is_superuser or not self.is_limited:
            return None
        return frozenset(self.companies.values_list("pk", flat=True))

    @cached_property
    def authenticator(self) -> "Authenticator | None":
        """The authenticator in use, without one that is being set up."""
        return self.authenticators.filter(confirmed=True).first()

    @property
    def granted(self) -> QuerySet[Permission]:
        """Permissions of groups and single grants, also of members who cannot log in."""
        return Permission.objects.filter(Q(group__user=self) | Q(user=self)).distinct()
