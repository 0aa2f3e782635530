from connections.models.status import MAY_RECOVER, OUTCOMES, REPAIRABLE, TRANSITIONS, Status

# repeated here, because the table under test cannot be its own expectation
RECOVERABLE = {"WEBSITE_DOWN", "URL_INACCESSIBLE", "UNDER_INVESTIGATION", "OTHER_ERROR"}

LEFT_ONLY_FOR = {
    Status.COMPANY_INACTIVE: {Status.PENDING, Status.DISABLED},
    Status.DISABLED: {Status.PENDING},
}


def test_transitions_cover_every_status():
    assert set(TRANSITIONS) == set(Status)
    assert set(Status) - OUTCOMES == {Status.PENDING, Status.DISABLED}


def test_transitions_allow_every_other_outcome():
    assert {status: set(TRANSITIONS[status]) for status in Status} == {
        status: LEFT_ONLY_FOR.get(status, set(Status) - {status}) for status in Status
    }


def test_status_is_repairable_or_may_recover():
    assert {str(status) for status in MAY_RECOVER} == RECOVERABLE
    assert {str(status) for status in set(Status) - REPAIRABLE} == {
        *RECOVERABLE,
        *("COMPANY_INACTIVE", "DISABLED", "PENDING", "CONNECTED"),
    }
