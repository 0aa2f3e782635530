from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0021_contributor_event_types"),
        ("connections", "0006_close_permission"),
    ]

    atomic = False  # the rows are validated while events are written

    operations = [
        migrations.RemoveConstraint(
            model_name="connectionevent",
            name="connection_event_type",
        ),
        migrations.AlterField(
            model_name="connectionevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("CREATED", "Created"),
                    ("STATUS_CHANGED", "Status changed"),
                    ("CREDENTIALS_CHANGED", "New login details"),
                    ("CREDENTIALS_READ", "Login details read"),
                    ("CREDENTIALS_DELETED", "Login details deleted"),
                    ("UPDATED", "Changed"),
                    ("WITHDRAWN", "Consent withdrawn"),
                    ("DELETED", "Deleted"),
                    ("REPAIR_INVITED", "Invited to repair"),
                ],
                max_length=30,
            ),
        ),
        AddConstraintNotValid(
            model_name="connectionevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "CREATED",
                            "STATUS_CHANGED",
                            "CREDENTIALS_CHANGED",
                            "CREDENTIALS_READ",
                            "CREDENTIALS_DELETED",
                            "UPDATED",
                            "WITHDRAWN",
                            "DELETED",
                            "REPAIR_INVITED",
                        ],
                    )
                ),
                name="connection_event_type",
            ),
        ),
        ValidateConstraint(model_name="connectionevent", name="connection_event_type"),
    ]
