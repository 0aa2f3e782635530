from django.db import migrations

from companies.groups import fill_groups


class Migration(migrations.Migration):

    dependencies = [
        ('companies', '0003_staff_limits'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.RunPython(lambda apps, schema_editor: fill_groups(), migrations.RunPython.noop, elidable=False),
    ]
