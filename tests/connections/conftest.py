from tests.companies.conftest import groups
from tests.invitations.conftest import worker

__all__ = ["groups", "worker"]
