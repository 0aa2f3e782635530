from django.db import models

from companies.models import Partner


class MailTurn(models.Model):
    """Time up to which a partner's mails of many are planned, at a steady pace. Its next ones come after it."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.partner_id} until {self.until}"
