"""SQL condition for a check constraint of lists."""

from django.db import models


class HasUppercase(models.Func):
    template = "(%(expressions)s)::text ~ '[A-Z]'"
    output_field = models.BooleanField()
