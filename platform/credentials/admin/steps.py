"""Actions of staff on certificates: a page that asks for the reason, and the service that it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.public import REVIEWER
from common.errors import DomainError
from credentials.paper.fonts import unprintable_character
from learners import public as learners


def is_reviewer(request: HttpRequest) -> bool:
    """Whether this person changes certificates: reviewers and superusers, by role and not by a permission to edit."""
    user = request.user
    return bool(user.is_active and (user.is_superuser or user.groups.filter(name=REVIEWER).exists()))


def person(request: HttpRequest) -> UUID:
    """The account of the member of staff."""
    pk = request.user.pk
    assert pk is not None
    return pk


class ReasonForm(forms.Form):
    """Why it is done; kept and shown to staff only."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class NameForm(ReasonForm):
    """The name as it shall stand on the new certificate."""

    field_order = ("legal_name", "reason")
    legal_name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())

    def clean_legal_name(self) -> str:
        try:
            name = learners.clean_name(self.cleaned_data["legal_name"])
            learners.require_printable(name, unprintable_character)
        except learners.BadName as error:
            raise forms.ValidationError("This is no name.") from error
        except learners.NameNotPrintable as error:
            raise forms.ValidationError(str(error.detail)) from error
        return name


class ConfirmationForm(forms.Form):
    """Nothing to fill in."""

    confirmed = forms.CharField(widget=forms.HiddenInput, initial="yes")


class PasswordForm(forms.Form):
    """The password of who is signed in, once more: an unattended browser approves nothing."""

    password = forms.CharField(
        max_length=256,
        label="Your password",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )


@dataclass(frozen=True)
class Step:
    """What an action says. `action` is the method's name; `explanation` stands above the form, `done` after it."""

    action: str
    title: str
    explanation: str
    done: str
    button: str
    form: type[forms.Form] = ReasonForm


SUSPEND = Step(
    "suspend",
    "Suspend a certificate",
    "Its page and the list of suspensions say so until it is reinstated or revoked.",
    "The certificate is suspended.",
    "Suspend",
)
REINSTATE = Step(
    "reinstate",
    "Reinstate a certificate",
    "The suspension ends: the certificate holds again.",
    "The certificate is reinstated.",
    "Reinstate",
)
REVOKE = Step(
    "revoke",
    "Revoke a certificate",
    "This cannot be undone. Its page says so from now on.",
    "The certificate is revoked.",
    "Revoke",
)
CORRECT = Step(
    "correct",
    "Ask for another name on a certificate",
    "When another person approves it, a new certificate is issued, and this one is superseded.",
    "The correction waits for another person.",
    "Ask",
    NameForm,
)
REVOKE_MANY = Step(
    "revoke_many",
    "Ask for the revocation of many certificates",
    "When another person approves it, all of them are revoked. That cannot be undone.",
    "The request waits for another person.",
    "Ask",
)
APPROVE_CORRECTION = Step(
    "approve",
    "Approve a correction",
    "A new certificate with this name is issued, and the old one is superseded.",
    "The correction is approved: a worker issues the new certificate.",
    "Approve",
    ConfirmationForm,
)
REFUSE_CORRECTION = Step(
    "refuse",
    "Refuse a correction",
    "The certificate stays as it is.",
    "The correction is refused.",
    "Refuse",
    ConfirmationForm,
)
APPROVE_REVOCATIONS = Step(
    "approve",
    "Approve the revocation of many certificates",
    "All of them are revoked. This cannot be undone.",
    "Approved: a worker revokes them.",
    "Approve and revoke",
    ConfirmationForm,
)

PROPOSE = Step(
    "propose",
    "Propose a version of an achievement",
    "Authorities can approve it from now on. Nothing of it changes once one of them did.",
    "The version is proposed.",
    "Propose",
    ConfirmationForm,
)
TAKE_BACK = Step(
    "take_back",
    "Make a proposed version a draft again",
    "It can be changed again, and nobody can approve it meanwhile.",
    "The version is a draft.",
    "Take back",
    ConfirmationForm,
)
CLOSE = Step(
    "close",
    "Close a version of an achievement",
    "No authority can approve it any more; approvals that it has go on. This cannot be undone.",
    "The version is closed.",
    "Close",
    ConfirmationForm,
)
APPROVE_VERSION = Step(
    "approve",
    "Approve a version of an achievement for your authority",
    "It is awarded to the learners of your authority from now on, instead of the version that you approved before.",
    "Approved: your authority's learners are awarded this version.",
    "Approve",
    ConfirmationForm,
)
END_APPROVAL = Step(
    "end_approval",
    "End your authority's approval of a version",
    "What was awarded stays. A state's learners are awarded what the region approved, if there is such a version.",
    "Your authority does not approve this version any more.",
    "End the approval",
    ConfirmationForm,
)

APPROVE_KEY = Step(
    "approve",
    "Approve an issuer's next key",
    "Compare the key with the one that the command printed. When two persons have approved it, it may sign everything of "
    "this issuer from the planned time on.",
    "Your approval is noted. With two of them the key can be switched to at the planned time.",
    "Approve",
    PasswordForm,
)


def confirmed(
    model_admin: ModelAdmin,
    request: HttpRequest,
    step: Step,
    rows: Sequence[Any],
    act: Callable[[Mapping[str, Any]], object],
    *,
    chosen: Sequence[UUID] = (),
) -> HttpResponse | None:
    """Ask for what the step's form holds, then act and report; an error of the domain becomes a message.

    Args:
        rows: shown above the form. chosen: the ids that the action is about, where they are more than `rows`.
    """
    is_answer = any(name in request.POST for name in step.form.base_fields)
    form = step.form(request.POST if is_answer else None)
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "confirmed"}
        try:
            act(given)
        except DomainError as error:
            model_admin.message_user(request, str(error.title), messages.ERROR)
        else:
            model_admin.message_user(request, step.done, messages.SUCCESS)
        return None
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": step.title,
        "opts": model_admin.model._meta,
        "step": step,
        "rows": rows,
        "chosen": list(chosen) or [row.pk for row in rows],
        "form": form,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/credentials/certificate_step.html", context)
