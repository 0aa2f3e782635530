from datetime import UTC, datetime


def iso_8601(moment: datetime) -> str:
    """Format in UTC with microseconds, always of one length: `2026-11-25T09:30:00.000000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
