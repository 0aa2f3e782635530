"""Date formats: day before month, 24 hours, and the time zone."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i e"
FIRST_DAY_OF_WEEK = 1
