import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0023_branding"),
        ("connections", "0008_provider_help"),
        ("invitations", "0019_reminders_of_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReminderSubscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_live", models.BooleanField(default=True)),
                ("email_hash", models.BinaryField(max_length=32)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("encrypted_token", models.BinaryField()),
                ("unsubscribed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="reminder",
            field=models.CharField(
                choices=[("FIRST", "First reminder"), ("LAST", "Last reminder")], max_length=10, null=True
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="reminders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="next_reminder",
            field=models.CharField(
                choices=[("FIRST", "First reminder"), ("LAST", "Last reminder")],
                editable=False,
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="next_reminder_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="remindersubscription",
            name="partner",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="companies.partner"
            ),
        ),
        migrations.AddConstraint(
            model_name="remindersubscription",
            constraint=models.UniqueConstraint(
                fields=("partner", "is_live", "email_hash"), name="one_reminder_subscription_per_address"
            ),
        ),
    ]
