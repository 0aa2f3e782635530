"""Actors: who caused an event."""

from dataclasses import dataclass
from typing import Any

from companies.models import ActorKind, ApiKey, User


@dataclass(frozen=True)
class Actor:
    """A partner system with its API key, a member of staff, the contributor, or Latchkey itself."""

    kind: ActorKind
    api_key: ApiKey | None = None
    user: User | None = None

    @property
    def event_fields(self) -> dict[str, Any]:
        """Values of the columns of an `AbstractEvent`."""
        return {"actor": self.kind, "api_key": self.api_key, "user": self.user}

    @classmethod
    def partner(cls, api_key: ApiKey) -> "Actor":
        return cls(ActorKind.PARTNER, api_key=api_key)

    @classmethod
    def staff(cls, user: User) -> "Actor":
        return cls(ActorKind.STAFF, user=user)


CONTRIBUTOR = Actor(ActorKind.CONTRIBUTOR)
SYSTEM = Actor(ActorKind.SYSTEM)
