import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Partitions with foreign keys are dropped under locks of other tables, after a scan for references."""

    # each statement by itself: together they would hold the locks of four tables
    atomic = False

    dependencies = [
        ("companies", "0024_logo_backdrop"),
    ]

    operations = [
        migrations.AlterField(
            model_name="webhookattempt",
            name="delivery",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="log",
                to="companies.webhookdelivery",
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="event",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="companies.partnerevent",
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="companies.webhookendpoint",
            ),
        ),
    ]
