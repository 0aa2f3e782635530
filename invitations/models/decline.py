from django.db import models
from django.utils.translation import gettext_lazy as _


class DeclineReason(models.TextChoices):
    """Why a contributor declines, in their words."""

    NOT_MY_ACCOUNT = "NOT_MY_ACCOUNT", _("I do not have this account")
    WRONG_PERSON = "WRONG_PERSON", _("I am not the right person")
    UNWILLING = "UNWILLING", _("I do not want to give the login")
    OTHER = "OTHER", _("Another reason")
