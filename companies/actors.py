"""Who does something: named in every log entry."""

from dataclasses import dataclass

from django.db import models

from companies.models import ApiKey, User


class ActorKind(models.TextChoices):
    PARTNER = "PARTNER", "partner system"
    STAFF = "STAFF", "staff"
    CONTRIBUTOR = "CONTRIBUTOR", "contributor"
    SYSTEM = "SYSTEM", "Latchkey"


@dataclass(frozen=True)
class Actor:
    """A partner's system (with the API key it used), a member of staff, the contributor, or Latchkey itself."""

    kind: ActorKind
    api_key: ApiKey | None = None
    user: User | None = None

    @classmethod
    def partner(cls, api_key: ApiKey) -> "Actor":
        return cls(ActorKind.PARTNER, api_key=api_key)

    @classmethod
    def staff(cls, user: User) -> "Actor":
        return cls(ActorKind.STAFF, user=user)


CONTRIBUTOR = Actor(ActorKind.CONTRIBUTOR)
SYSTEM = Actor(ActorKind.SYSTEM)
