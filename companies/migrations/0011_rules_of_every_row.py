from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """What was demanded of new rows so far is demanded of all: of one that does not hold the database says which rule
    it breaks. Rows are written meanwhile.
    """

    dependencies = [
        ('companies', '0010_rules_of_rows'),
    ]

    operations = [
        ValidateConstraint(model_name='apikey', name='api_key_scopes'),
        ValidateConstraint(model_name='apikey', name='api_key_expires_later'),
        ValidateConstraint(model_name='apikey', name='api_key_has_a_name'),
        ValidateConstraint(model_name='company', name='company_locale'),
        ValidateConstraint(model_name='partner', name='partner_redirect_urls'),
    ]
