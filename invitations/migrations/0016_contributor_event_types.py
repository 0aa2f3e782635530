from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0015_consent_and_reminders"),
    ]

    atomic = False  # the rows are validated while events are written

    operations = [
        migrations.RemoveConstraint(
            model_name="invitationevent",
            name="invitation_event_type",
        ),
        migrations.AlterField(
            model_name="invitationevent",
            name="type",
            field=models.CharField(
                choices=[
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
                    ("FORWARDED", "Forwarded"),
                    ("DECLINED", "Declined"),
                    ("LINK_REQUESTED", "New link asked for"),
                    ("REMINDED", "Reminder sent"),
                    ("WITHDRAWN", "Consent withdrawn"),
                ],
                max_length=30,
            ),
        ),
        AddConstraintNotValid(
            model_name="invitationevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "CREATED",
                            "SENT",
                            "DELIVERY_FAILED",
                            "VIEWED",
                            "FETCHED",
                            "CODE_SENT",
                            "EMAIL_VERIFIED",
                            "VERIFICATION_FAILED",
                            "USED",
                            "UPDATED",
                            "RESENT",
                            "ROTATED",
                            "REVOKED",
                            "FULFILLED",
                            "FORWARDED",
                            "DECLINED",
                            "LINK_REQUESTED",
                            "REMINDED",
                            "WITHDRAWN",
                        ],
                    )
                ),
                name="invitation_event_type",
            ),
        ),
        ValidateConstraint(model_name="invitationevent", name="invitation_event_type"),
    ]
