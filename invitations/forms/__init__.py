"""The contributor's forms."""

from invitations.forms.connect import ConnectForm
from invitations.forms.login import LoginForm
from invitations.forms.verify import AddressForm, CodeForm

__all__ = ["AddressForm", "CodeForm", "ConnectForm", "LoginForm"]
