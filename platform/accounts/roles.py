"""The staff's roles: groups with permissions."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

TRAINER = "trainer"
REVIEWER = "reviewer"
ASSESSOR = "assessor"
MARKER = "marker"
STATE_ADMINISTRATOR = "member-state administrator"

_VIEW, _EDIT, _ALL = ("view",), ("view", "add", "change"), ("view", "add", "change", "delete")
_MARK = ("view", "mark")

# role -> app -> model -> actions. A model that does not exist (yet) is ignored; a permission of a model that exists must exist.
PERMISSIONS: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    TRAINER: {
        "member_states": {"memberstate": _VIEW, "statelanguage": _VIEW, "rule": _VIEW},
        "courses": {
            "framework": _VIEW,
            "skillarea": _VIEW,
            "skill": _VIEW,
            "skilllevel": _VIEW,
            "skillstatement": _VIEW,
            "frameworklabel": _VIEW,
            # Which course a trainer sees and changes is decided by its team.
            "course": _EDIT,
            "edition": _VIEW,
        },
        "assessments": {
            "item": _ALL,
            "itemrevision": _ALL,
            "quiz": _EDIT,
            "itemstatistic": _VIEW,
            "formstatistic": _VIEW,
            "markingtask": _MARK,
            "fairnessreport": _VIEW,
            "scoringrulecard": _VIEW,
        },
        # Drafts: what is printed is published by the state's administrator.
        "credentials": {
            "achievement": ("view", "add"),
            "achievementversion": _EDIT,
            "approval": _VIEW,
            "paperdesign": _ALL,
        },
    },
    # Nothing that could show whose work it is.
    MARKER: {"assessments": {"markingtask": _MARK}},
    REVIEWER: {
        "member_states": {"memberstate": _VIEW, "statelanguage": _VIEW, "rule": _VIEW},
        "courses": {
            "framework": _VIEW,
            "skillarea": _VIEW,
            "skill": _VIEW,
            "skilllevel": _VIEW,
            "skillstatement": _VIEW,
            "course": _VIEW,
            "edition": _VIEW,
        },
        "assessments": {
            "item": _VIEW,
            "itemrevision": _VIEW,
            "quiz": _VIEW,
            "attempt": _VIEW,
            "attemptitem": _VIEW,
            "itemstatistic": _VIEW,
            "formstatistic": _VIEW,
            "fairnessreport": _VIEW,
            "integrityhint": ("view", "change"),
            "integrityrun": _VIEW,
            "scoringrulecard": _VIEW,
            "appeal": _VIEW,
            "appealdecision": _VIEW,
            "reviewer": _VIEW,
        },
        "learners": {
            "evidence": _VIEW,
            "ability": _VIEW,
            "skillstate": _VIEW,
            "levelchange": _VIEW,
            "leveldecision": _VIEW,
            "levelfreeze": _VIEW,
            "levelassessment": _VIEW,
        },
        "credentials": {
            "achievement": _VIEW,
            "achievementversion": _VIEW,
            "approval": _VIEW,
            "award": _VIEW,
            "certificate": _VIEW,
            "certificatecorrection": _VIEW,
            "bulkrevocation": _VIEW,
            "paperdesign": _VIEW,
        },
    },
    # Judging a case is by this role and not by a permission to edit: what was asked and shown never changes.
    ASSESSOR: {
        "member_states": {"memberstate": _VIEW, "statelanguage": _VIEW},
        "courses": {
            "framework": _VIEW,
            "skillarea": _VIEW,
            "skill": _VIEW,
            "skilllevel": _VIEW,
            "skillstatement": _VIEW,
        },
        "learners": {"levelassessment": _VIEW},
    },
    STATE_ADMINISTRATOR: {
        "member_states": {"memberstate": _VIEW, "statelanguage": _VIEW, "rule": _VIEW, "source": _VIEW},
        "accounts": {"user": _VIEW},
        "courses": {
            "framework": _VIEW,
            "skill": _VIEW,
            "course": _VIEW,
            "edition": _VIEW,
            "coursemember": ("view", "invite"),
        },
        "learners": {
            "learner": ("view", "recover"),
            "earlierstate": ("view", "delete"),
            "enrolment": _VIEW,
            "lessonprogress": _VIEW,
            "lessonwaiver": _VIEW,
            "cohort": _EDIT,
            "cohortmember": _ALL,
            "evidence": _VIEW,
            "ability": _VIEW,
            "skillstate": _VIEW,
            "levelchange": _VIEW,
            "leveldecision": _VIEW,
            "levelfreeze": _VIEW,
            "levelassessment": _VIEW,
        },
        # A version of an achievement is approved for the own state's learners.
        "credentials": {
            "achievement": _VIEW,
            "achievementversion": ("view", "approve"),
            "approval": _VIEW,
            "award": _VIEW,
            "certificate": _VIEW,
            "paperdesign": (*_ALL, "publish"),
        },
        "assessments": {
            "attempt": _VIEW,
            "quiz": _VIEW,
            "accommodation": ("view", "add"),
            "scoringrulecard": _VIEW,
            "appeal": _VIEW,
            "appealdecision": _VIEW,
            "reviewer": _VIEW,
        },
        "agencies": {"agency": _VIEW, "apiclient": _VIEW, "grant": ("view", "approve"), "statisticcell": _VIEW},
        # What the agencies of the own state pulled, and of whom; and the texts that its learners consent to.
        "privacy": {
            "pull": _VIEW,
            "disclosure": _VIEW,
            "purpose": _VIEW,
            "purposetext": _VIEW,
            "purposetextreview": ("view", "add"),
        },
    },
}


@transaction.atomic
def ensure_roles() -> None:
    """Make the groups of the roles and give each exactly its permissions; a second call changes nothing.

    Raises:
        LookupError: a model exists and one of its permissions does not.
    """
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission

    known = {
        (app, codename): pk
        for app, codename, pk in Permission.objects.values_list("content_type__app_label", "codename", "pk")
    }
    for role, by_app in PERMISSIONS.items():
        wanted = set()
        for app, models in by_app.items():
            existing = {model._meta.model_name for model in apps.get_app_config(app).get_models()}
            for model, actions in models.items():
                if model not in existing:
                    continue
                for action in actions:
                    if (app, f"{action}_{model}") not in known:
                        raise LookupError(f"no permission {app}.{action}_{model}; run migrate first")
                    wanted.add(known[app, f"{action}_{model}"])
        group, _ = Group.objects.get_or_create(name=role)
        if set(group.permissions.values_list("pk", flat=True)) != wanted:
            group.permissions.set(wanted)
