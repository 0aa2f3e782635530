from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invitations", "0022_locale_chosen")]

    atomic = False  # the index is built and the rows are validated while invitations are written

    operations = [
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                models.F("next_reminder_at"),
                condition=models.Q(("next_reminder_at__isnull", False)),
                name="invitation_next_reminder",
            ),
        ),
        AddConstraintNotValid(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("next_reminder", None), ("next_reminder_at", None)),
                    models.Q(
                        models.Q(("next_reminder_at__isnull", False)),
                        ("next_reminder__in", ["FIRST", "LAST"]),
                        ("next_reminder__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="invitation_next_reminder",
            ),
        ),
        ValidateConstraint(model_name="invitation", name="invitation_next_reminder"),
    ]
