from tests.invitations.conftest import worker

__all__ = ["worker"]
