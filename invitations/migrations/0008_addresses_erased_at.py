from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0002_search_index"),
        ("connections", "0002_search_index"),
        ("invitations", "0007_use_email"),
    ]

    atomic = False  # the index is built while invitations are written

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="addresses_erased_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                models.F("id"), condition=models.Q(addresses_erased_at=None), name="invitation_with_addresses"
            ),
        ),
    ]
