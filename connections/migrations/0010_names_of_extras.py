import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Null in the rows that are there: nothing is opened to fill them in, the next change of one does.

    Code from before this changes a row without its names. What it adds is then not known to be there, and a page may
    ask for it again; nothing is lost, and the next change puts the names right.
    """

    dependencies = [
        ('connections', '0008_lists'),
    ]

    operations = [
        migrations.AddField(
            model_name='credential',
            name='extras',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('account_number', 'Account number'), ('security_answer', 'Answer to the security question'), ('authenticator_seed', 'Authenticator key')], max_length=30), editable=False, null=True, size=None),
        ),
        AddConstraintNotValid(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(('extras__contained_by', ['account_number', 'security_answer', 'authenticator_seed'])), name='credential_extras_are_names'),
        ),
    ]
