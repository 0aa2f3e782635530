from tests.counting import counted

__all__ = ["counted"]
