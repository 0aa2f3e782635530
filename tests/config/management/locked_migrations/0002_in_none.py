from django.db import migrations

ALTER = "ALTER TABLE companies_site ADD COLUMN IF NOT EXISTS id uuid"


class Migration(migrations.Migration):
    dependencies = [("config", "0001_in_a_transaction")]
    atomic = False
    operations = [migrations.RunSQL(ALTER)]
