from companies.models import Brand, Branding, BrandLogo
from companies.models.branding import UNBRANDED, brand_of

OWN = Branding(display_name="Riverside", accent_color="#17594a", shows_operator=False)
PARTNERS = Branding(
    display_name="Northwind",
    logo_id="0" * 64,
    logo_width=200,
    logo_height=50,
    accent_color="#ffcc00",
    support_email="help@northwind.example",
)


def test_empty_fields_are_the_partners():
    of_partner = {"logo": BrandLogo("0" * 64, 200, 50), "support_email": "help@northwind.example"}
    got = {
        "none": brand_of(None, None),
        "partner's": brand_of(None, PARTNERS),
        "own": brand_of(OWN, None),
        "both": brand_of(OWN, PARTNERS),
    }
    assert got == {
        "none": UNBRANDED,
        "partner's": Brand(name="Northwind", accent_color="#ffcc00", **of_partner),
        "own": Brand(name="Riverside", accent_color="#17594a", shows_operator=False),
        "both": Brand(name="Riverside", accent_color="#17594a", shows_operator=False, **of_partner),
    }
