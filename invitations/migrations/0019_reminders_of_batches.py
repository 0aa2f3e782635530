from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0018_form_draft"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="allows_forwarding",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="batch",
            name="sends_reminders",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
