"""The login of staff."""

from django.contrib.admin.forms import AdminAuthenticationForm


class LoginForm(AdminAuthenticationForm):
    """The same words whether the account, its password or its being staff is at fault."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "This email address and password do not belong to a member of staff. "
        "In the password, capital and small letters differ.",
    }
