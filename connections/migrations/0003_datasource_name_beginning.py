import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0002_collector_and_repair'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='datasource',
            index=models.Index(django.contrib.postgres.indexes.OpClass('folded_name', 'text_pattern_ops'), name='datasource_name_beginning'),
        ),
    ]
