import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import config.names
import connections.names

# blanks and punctuation part words: in the collation C, \W would part them at every letter that is not ASCII as well
FUNCTION = r"""
CREATE FUNCTION name_trigrams(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(' ' || word || ' ', place, 3)), '{}')
    FROM regexp_split_to_table(folded, '[[:space:][:punct:]]+') word, generate_series(1, length(word)) place
    WHERE length(word) > 2
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0005_status_history'),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION name_trigrams(text)"),
        migrations.AddField(
            model_name='datasource',
            name='trigrams',
            field=models.GeneratedField(db_persist=True, expression=connections.names.Trigrams(config.names.Folded('name')), null=True, output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
        ),
        migrations.AddIndex(
            model_name='datasource',
            index=django.contrib.postgres.indexes.GinIndex(models.F('trigrams'), name='datasource_trigrams'),
        ),
    ]
