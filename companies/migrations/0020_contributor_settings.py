import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0019_webhook_start"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="time_zone",
            field=models.CharField(
                db_default="UTC",
                default="UTC",
                help_text="Reminders leave in the morning of this time zone, such as Europe/Berlin.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="partner",
            name="embedding_origins",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                db_default=[],
                default=list,
                help_text="Sites that may show the contributor’s pages in a frame, such as https://portal.example.com.",
                size=None,
            ),
        ),
    ]
