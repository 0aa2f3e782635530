"""Days before months and hours to 24, each time with its zone: the forms in which dates are shown."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i e"
FIRST_DAY_OF_WEEK = 1
