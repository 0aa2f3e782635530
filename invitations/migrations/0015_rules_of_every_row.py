from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """What was demanded of new rows so far is demanded of all: of one that does not hold the database says which rule
    it breaks. Rows are written meanwhile.
    """

    dependencies = [
        ('invitations', '0014_rules_of_rows'),
    ]

    operations = [
        ValidateConstraint(model_name='invitation', name='invitation_longest_life'),
        ValidateConstraint(model_name='invitation', name='invitation_allowed_emails_lower'),
        ValidateConstraint(model_name='invitation', name='invitation_prefill_is_an_object'),
        ValidateConstraint(model_name='invitation', name='invitation_metadata_is_an_object'),
        ValidateConstraint(model_name='invitation', name='invitation_metadata_fits'),
        ValidateConstraint(model_name='invitation', name='invitation_locale'),
    ]
