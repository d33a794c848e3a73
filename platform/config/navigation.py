"""The admin's side bar, by what people come to do; each entry shows only to those who may see what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy

_SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Courses",
        (
            ("Courses", "courses.course", "school"),
            ("Editions", "courses.edition", "menu_book"),
            ("Items", "assessments.item", "quiz"),
            ("Quizzes", "assessments.quiz", "checklist"),
            ("Item analysis", "assessments.itemstatistic", "query_stats"),
            ("Reliability", "assessments.formstatistic", "straighten"),
            ("Skills", "courses.skill", "psychology"),
            ("Framework", "courses.framework", "schema"),
        ),
    ),
    (
        "Learners",
        (
            ("Learners", "learners.learner", "person"),
            ("Enrolments", "learners.enrolment", "how_to_reg"),
            ("Earlier states", "learners.earlierstate", "move"),
            ("Cohorts", "learners.cohort", "groups_2"),
            ("Members of cohorts", "learners.cohortmember", "group_add"),
            ("Attempts", "assessments.attempt", "edit_note"),
            ("Marking", "assessments.markingtask", "rate_review"),
            ("Extra time", "assessments.accommodation", "more_time"),
            ("Mastery", "learners.skillstate", "trending_up"),
            ("Levels reached", "learners.levelchange", "stairs"),
            ("Evidence", "learners.evidence", "fact_check"),
            ("Cases for assessors", "learners.levelassessment", "grading"),
            ("Levels decided", "learners.leveldecision", "gavel"),
            ("Levels frozen", "learners.levelfreeze", "ac_unit"),
        ),
    ),
    (
        "Fairness",
        (
            ("Fairness reports", "assessments.fairnessreport", "balance"),
            ("Integrity hints", "assessments.integrityhint", "troubleshoot"),
            ("Searches for hints", "assessments.integrityrun", "manage_search"),
            ("Scoring rules", "assessments.scoringrulecard", "rule"),
        ),
    ),
    (
        "Appeals",
        (
            ("Appeals", "assessments.appeal", "balance"),
            ("Reviewers", "assessments.reviewer", "badge"),
        ),
    ),
    (
        "Certificates",
        (
            ("Certificates", "credentials.certificate", "workspace_premium"),
            ("Corrections", "credentials.certificatecorrection", "edit_document"),
            ("Bulk revocations", "credentials.bulkrevocation", "block"),
            ("Awards", "credentials.award", "verified"),
            ("Achievements", "credentials.achievement", "emoji_events"),
            ("Versions of achievements", "credentials.achievementversion", "rule"),
            ("Look of certificates", "credentials.paperdesign", "brush"),
            ("Issuers", "credentials.issuer", "assured_workload"),
            ("Issuer's keys", "credentials.issuerkey", "key"),
            ("Log's checkpoints", "credentials.logcheckpoint", "receipt_long"),
            ("Logs witnessed", "credentials.witnessedlog", "visibility"),
            ("Forks of logs", "credentials.logfork", "call_split"),
            ("Rotations of keys", "credentials.keyrotation", "sync_lock"),
            ("Status lists", "credentials.statuslist", "list_alt"),
        ),
    ),
    (
        "Agencies",
        (
            ("Agencies", "agencies.agency", "account_balance"),
            ("Grants", "agencies.grant", "handshake"),
            ("Clients", "agencies.apiclient", "api"),
            ("Statistics", "agencies.statisticcell", "bar_chart"),
        ),
    ),
    (
        "Privacy",
        (
            ("Purposes", "privacy.purpose", "target"),
            ("Texts reviewed", "privacy.purposetextreview", "spellcheck"),
            ("Consents", "privacy.consentrecord", "task_alt"),
            ("Pulls", "privacy.pull", "download"),
            ("Disclosures", "privacy.disclosure", "visibility"),
            ("Audit log", "privacy.auditentry", "history"),
        ),
    ),
    (
        "Member states",
        (
            ("States", "member_states.memberstate", "public"),
            ("Rules", "member_states.rule", "gavel"),
            ("Strict defaults", "member_states.policydefault", "lock"),
            ("Instruments", "member_states.instrument", "description"),
            ("Sources", "member_states.source", "link"),
        ),
    ),
    (
        "Operations",
        (
            ("Deliveries", "events.delivery", "local_shipping"),
            ("Accounts", "accounts.user", "manage_accounts"),
            ("Roles", "auth.group", "groups"),
        ),
    ),
)


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.split(".")
    return lambda request: request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")


SIDEBAR: dict[str, Any] = {
    "show_search": True,
    "show_all_applications": False,
    "navigation": [
        {
            "title": title,
            "separator": True,
            "items": [
                {
                    "title": label,
                    "icon": icon,
                    "link": reverse_lazy(f"admin:{model.replace('.', '_')}_changelist"),
                    "permission": _may_view(model),
                }
                for label, model, icon in entries
            ],
        }
        for title, entries in _SECTIONS
    ],
}
