"""Placeholders of erased addresses."""

# RFC 6761, section 6.4: no address has a domain that ends with .invalid
ERASED_DOMAIN = "erased.invalid"


def is_erased(email: str) -> bool:
    """True for the placeholder of an erased address."""
    return email.endswith(f"@{ERASED_DOMAIN}")
