from connections.models import Datasource, LoginName, SecondFactor
from invitations.contributor.forms import ConnectForm, LoginForm
from invitations.contributor.provider_help import CODES, LABELS, LOG_IN, ProviderHelp, help_for, username_label
from invitations.models.prefill import Prefill
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import page

FACTS = {
    "login_with": "CUSTOMER_NUMBER",
    "second_factor": "TEXT_MESSAGE",
    "password_reset_url": "https://www.acme.example/forgot",
}


def known(**facts):
    return help_for(Datasource(name="Acme", login_url="https://portal.acme.example/login", **facts))


def test_help_tells_known_facts_only():
    log_in = "You log in at portal.acme.example"
    facts = {
        "portal_name": ("My Acme", (f"{log_in}.", "The page is called “My Acme”.")),
        "login_with": ("EMAIL", (f"{log_in} with your email address.",)),
        "second_factor": ("APP", (f"{log_in}.", "It may ask for a code of your authenticator app.")),
        "login_help": ("Leave out the dashes.", (f"{log_in}.", "Leave out the dashes.")),
    }

    assert {fact: known(**{fact: value}) for fact, (value, _) in facts.items()} == {
        fact: ProviderHelp(sentences, None, "") for fact, (_, sentences) in facts.items()
    }
    assert known(password_reset_url="https://a.example/x") == ProviderHelp(
        (f"{log_in}.",), "https://a.example/x", "a.example"
    )
    assert (known(), help_for(None)) == (None, None)


def test_help_covers_every_fact():
    assert set(LOG_IN) == {None, *LoginName}
    assert set(CODES) == set(SecondFactor)
    assert set(LABELS) == set(LoginName) - {LoginName.USER_NAME}
    assert [
        str(username_label(datasource)) for datasource in (None, Datasource(), Datasource(login_with="USER_NAME"))
    ] == ["User name"] * 3


def test_prefilled_provider_is_explained(client, company):
    invitation = make_invitation(company, prefill=Prefill(datasource_id=DatasourceFactory(**FACTS).pk))
    shown = client.get(page(invitation, "connect")).content.decode()

    assert "with your customer number. A code may come by text message.</p>" in shown
    assert (
        '<a href="https://www.acme.example/forgot" target="_blank" rel="noopener noreferrer">www.acme.example</a>'
        in shown
    )
    assert ">Customer number at the provider</label>" in shown


def test_found_provider_is_explained(db):
    acme = DatasourceFactory(name="Acme", **FACTS)
    form = ConnectForm(make_invitation(), {"provider": "acme"})

    assert not form.is_valid()
    assert form.provider_help == help_for(acme)
    assert form["username"].label == "Customer number at the provider"
    assert form.errors["username"] == ["Your provider asks for this."]


def test_repaired_provider_is_explained(db):
    connection = make_connection(datasource=DatasourceFactory(**FACTS))
    form = LoginForm(connection=connection)

    assert form.provider_help == help_for(connection.datasource)
    assert form["username"].label == "Customer number at the provider"
    assert LoginForm(connection=make_connection()).provider_help is None
