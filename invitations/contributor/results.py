"""Pages of a use, for the browser that submitted it: the result, its state and a correction. URLs name the use."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from invitations.contributor.forms import CorrectionForm
from invitations.contributor.request import ContributorRequest, contributor_view, with_retry_after
from invitations.contributor.result_cookie import set_result_cookie
from invitations.exceptions import ConnectedBefore, NothingToCorrect, RateLimitExceeded
from invitations.models import Use
from invitations.services.guards import ensure_correctable
from invitations.services.repairs import correct_credentials


def show_result(request: ContributorRequest, use: Use) -> HttpResponse:
    """Redirect the browser that has just submitted the form to its result."""
    return set_result_cookie(request.redirect("result", use.pk), use)


@contributor_view()
def done(request: ContributorRequest) -> HttpResponse:
    """Show what this browser submitted through the invitation."""
    if len(request.results) > 1:
        return request.render("results", results=request.results)
    return _render(request, request.results[0] if request.results else None)


@contributor_view()
def result(request: ContributorRequest, use_id: UUID) -> HttpResponse:
    return _render(request, request.result(use_id))


@contributor_view()
def state(request: ContributorRequest, use_id: UUID) -> HttpResponse:
    """Show the part of the result that its script reloads: the state of the check."""
    use = request.result(use_id)
    return _render(request, use, template="_state") if use else HttpResponse(status=204)


@sensitive_post_parameters()
@contributor_view("POST", resumes=("form_id", "version", "username"))
def correct(request: ContributorRequest, use_id: UUID) -> HttpResponse:
    """Correct the login from the browser that submitted it. Does not count as a use."""
    use = request.result(use_id)
    if request.data is None and not (use and use.may_be_corrected):
        return request.redirect("result", use_id)
    if use is None:
        return _render(request, None, is_unsaved=True)
    form = CorrectionForm(request.data, connection=use.target)
    if form.is_valid():
        with form.showing_refusals():
            return _save(request, use, form)
    if request.data is not None:
        ensure_correctable(request.invitation, use.email)
    if not use.may_be_corrected:
        return _render(request, use, is_unsaved=True)
    return _render_form(request, use, form)


def _save(request: ContributorRequest, use: Use, form: CorrectionForm) -> HttpResponse:
    fields = {name: form.cleaned_data[name] for name in ("version", "again")}
    own = [each.pk for each in request.results]
    try:
        correct_credentials(
            request.invitation, use.target, credentials=form.credentials, email=use.email, own_uses=own, **fields
        )
    except ConnectedBefore as error:
        form.ask_again(error.use_id)
        return _render_form(request, use, form, earlier=request.result(error.use_id))
    except RateLimitExceeded as error:
        form.add_error(None, error.detail)
        return with_retry_after(_render_form(request, use, form), error)
    except NothingToCorrect:
        use.target.refresh_from_db()
        return _render(request, use, is_unsaved=True)
    return request.redirect("result", use.pk)


def _render_form(request: ContributorRequest, use: Use, form: CorrectionForm, **context: Any) -> HttpResponse:
    return request.render("correct", result=use, connection=use.target, form=form, **context)


def _render(
    request: ContributorRequest, use: Use | None, *, template: str = "done", is_unsaved: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {"result": use, "is_unsaved": is_unsaved}
    if use:
        context["connection"] = use.target
        if use.may_be_corrected and use.target.is_repairable:
            context["form"] = CorrectionForm(connection=use.target)
    return request.render(template, status=409 if is_unsaved else 200, **context)
