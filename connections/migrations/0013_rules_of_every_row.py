from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """What was demanded of new rows so far is demanded of all: of one that does not hold the database says which rule
    it breaks. Rows are written meanwhile.
    """

    dependencies = [
        ('connections', '0012_rules_of_rows'),
    ]

    operations = [
        ValidateConstraint(model_name='datasource', name='datasource_has_a_name'),
        ValidateConstraint(model_name='connection', name='connection_url'),
        ValidateConstraint(model_name='connectionevent', name='connection_event_actor'),
        ValidateConstraint(model_name='credential', name='credential_version'),
        ValidateConstraint(model_name='credential', name='credential_extras_are_names'),
        ValidateConstraint(model_name='datasource', name='datasource_asks_for'),
        ValidateConstraint(model_name='datasource', name='datasource_login_url'),
    ]
