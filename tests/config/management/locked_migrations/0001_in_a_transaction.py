from django.db import migrations

ALTER = "ALTER TABLE companies_site ADD COLUMN IF NOT EXISTS id uuid"


class Migration(migrations.Migration):
    operations = [migrations.RunSQL(ALTER)]
