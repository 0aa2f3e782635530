from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0021_contributor_event_types"),
        ("invitations", "0014_announced_expiry"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="allows_forwarding",
            field=models.BooleanField(db_default=False, default=False, verbose_name="may be forwarded"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="declined_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="declined"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="sends_reminders",
            field=models.BooleanField(db_default=False, default=False, verbose_name="reminders"),
        ),
        migrations.AddField(
            model_name="use",
            name="consent_language",
            field=models.CharField(max_length=35, null=True),
        ),
        migrations.AddField(
            model_name="use",
            name="consent_version",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.AddField(
            model_name="use",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
    ]
