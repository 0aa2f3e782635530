from invitations.models.consent import Consent

CONSENT = Consent.in_language("en")
