from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

TYPES = [
    ("CREATED", "Created"),
    ("SENT", "Mail sent"),
    ("DELIVERY_FAILED", "Mail could not be delivered"),
    ("VIEWED", "Opened"),
    ("FETCHED", "Opened by a program"),
    ("CODE_SENT", "Code sent"),
    ("EMAIL_VERIFIED", "Address verified"),
    ("VERIFICATION_FAILED", "Wrong code"),
    ("USED", "Account connected"),
    ("UPDATED", "Changed"),
    ("RESENT", "Mailed again"),
    ("ROTATED", "Link replaced"),
    ("REVOKED", "Revoked"),
    ("FULFILLED", "Used up"),
]
NAME = "invitation_event_type"


class Migration(migrations.Migration):
    dependencies = [("invitations", "0009_revoked_because")]

    atomic = False  # the rows are validated while events are written

    operations = [
        migrations.RemoveConstraint(model_name="invitationevent", name=NAME),
        migrations.AlterField(
            model_name="invitationevent", name="type", field=models.CharField(choices=TYPES, max_length=30)
        ),
        AddConstraintNotValid(
            model_name="invitationevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", [value for value, _ in TYPES])), name=NAME
            ),
        ),
        ValidateConstraint(model_name="invitationevent", name=NAME),
    ]
