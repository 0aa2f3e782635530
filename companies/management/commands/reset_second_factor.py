"""`manage.py reset_second_factor`: help for the only superuser, who lost app and recovery codes."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from companies.exceptions import NoSecondFactor
from companies.models import User
from companies.services.passwords import create_password_link
from companies.services.second_factor import reset_second_factor


class Command(BaseCommand):
    help = (
        "Resets the second factor of a member of staff who lost app and recovery codes, and withdraws the password. "
        "Prints a link with which the member chooses a new password, once within 24 hours. First make sure that the "
        "request comes from the member."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Email address of the member.")

    @transaction.atomic
    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError("No member of staff who can log in has this email address.")
        try:
            link = create_password_link(reset_second_factor(user, by=None), by=None)
        except NoSecondFactor:
            raise CommandError(
                "This member has no second factor. For a new password, run manage.py changepassword with the address."
            ) from None
        self.stdout.write(settings.PUBLIC_URL + reverse("admin:choose_password", kwargs=link))
