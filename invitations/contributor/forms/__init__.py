from invitations.contributor.forms.connect import ConnectForm
from invitations.contributor.forms.login import CorrectionForm, LoginForm, RepairForm
from invitations.contributor.forms.verify import AddressForm, CodeForm

__all__ = ["AddressForm", "CodeForm", "ConnectForm", "CorrectionForm", "LoginForm", "RepairForm"]
