"""How long somebody has to wait, in words."""


def in_words(seconds: int) -> str:
    """`1 second`, `2 minutes`, `24 hours`: never less than it is, nor less than a second."""
    minutes = -(-seconds // 60)
    if seconds < 60:
        return _counted(max(1, seconds), "second")
    if minutes < 120 and minutes != 60:
        return _counted(minutes, "minute")
    return _counted(-(-minutes // 60), "hour")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
