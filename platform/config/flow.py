"""What follows what, on one screen: every kind of event and who consumes it. `docs/flow.md` is drawn from this."""

from __future__ import annotations

from agencies import public as agencies
from assessments import public as assessments
from credentials import public as credentials
from events.public import Consumer
from learners import public as learners

# kind: what it says -- payload
KINDS: dict[str, str] = {
    "courses.edition_published": "an edition was frozen and compiled -- edition_id",
    "privacy.consent_changed": "a consent was given or withdrawn -- user_id, purpose, agency_id, given",
    "learners.profile_changed": "a profile was made or changed -- learner_id, member_state",
    "learners.enrolled": "a learner enrolled -- learner_id, edition_id, enrolment_id",
    "learners.progress_recorded": "lessons moved on -- learner_id, edition_id",
    "learners.lessons_waived": "after a placement, lessons need not be done -- learner_id, edition_id",
    "learners.edition_completed": "all that an edition asks is done -- learner_id, edition_id",
    "learners.mastery_changed": "evidence was absorbed -- learner_id, skills",
    "learners.level_decided": "people decided, froze or released a level -- learner_id, skill, level, cause",
    "credentials.award_decided": "an achievement was earned -- award_id, learner_id",
    "credentials.certificate_issued": "a certificate was signed -- certificate_id, learner_id, edition_id",
    "credentials.certificate_status_changed": (
        "a certificate was suspended, reinstated, revoked or superseded -- certificate_id, learner_id, edition_id, status"
    ),
    "credentials.certificate_twin_asked": "a certificate is wanted as VC-JWT -- certificate_id, learner_id",
    "credentials.passport_asked": "a learner wants all they hold in one signed record -- learner_id",
    "credentials.certificate_correction": (
        "a correction of a name was asked for, approved or refused -- correction_id, learner_id, certificate_id, outcome"
    ),
    "credentials.bulk_revocation_approved": "a second person approved to revoke many certificates -- revocation_id",
    "credentials.renewal_asked": "a learner asks that a certificate be renewed -- certificate_id, learner_id",
    "credentials.award_missing": "the reconciler found an entitlement without its award -- learner_id",
    "assessments.outcome_recorded": (
        "an attempt was graded -- learner_id, edition_id, quiz_id, attempt_id, mode, passed, score, submitted_at, "
        "skills: [{skill, answered, score}], in_common: what all answers have alike, "
        "answers: [see learners.public.ANSWER_FIELDS]"
    ),
    "assessments.appeal_opened": "a learner disputes a result -- learner_id, appeal_id, kind, due_at",
    "assessments.appeal_overdue": "nobody decided an appeal in time -- learner_id, appeal_id, due_at",
    "assessments.appeal_decided": (
        "a person decided an appeal -- learner_id, appeal_id, kind, outcome, revisions: [keys of item revisions]"
    ),
    "assessments.marking_needed": (
        "people must mark answers of a submitted attempt -- attempt_id, learner_id, attempt_items: [ids]"
    ),
    "assessments.outcome_corrected": (
        "a person gave items of an attempt other scores -- learner_id, edition_id, quiz_id, attempt_id, mode, passed, "
        "score, submitted_at, in_common and answers: [as in outcome_recorded, and corrects, struck]"
    ),
}

CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        "mastery", ("assessments.outcome_recorded", "assessments.outcome_corrected"), learners.absorb_outcomes,
        purpose="answers become evidence, evidence moves mastery",
    ),
    Consumer(
        "marking", ("assessments.marking_needed",), assessments.open_tasks,
        purpose="answers that people must mark wait in the queue, once each",
    ),
    Consumer(
        "completion", ("assessments.outcome_recorded", "assessments.outcome_corrected"),
        learners.note_passed_assessments,
        purpose="a passed assessment completes an edition whose lessons are done",
    ),
    Consumer(
        "waivers", ("assessments.outcome_recorded", "learners.mastery_changed"), learners.waive_lessons,
        purpose="whoever was placed need not do the lessons whose skills are held already",
    ),
    Consumer(
        "awards",
        (
            "learners.edition_completed", "learners.mastery_changed", "learners.level_decided",
            "credentials.award_missing",
        ),
        credentials.decide_awards,
        purpose="criteria met: the achievement is awarded, once",
    ),
    Consumer(
        "certificates", ("credentials.award_decided",), credentials.issue_certificates, batch=200,
        purpose="each award gets its signed credential, once",
    ),
    Consumer(
        "transparency", ("credentials.certificate_issued", "credentials.certificate_status_changed"),
        credentials.log_certificates,
        purpose="each certificate and each change of its status is an entry of the transparency log, once",
    ),
    Consumer(
        "renewals", ("credentials.renewal_asked",), credentials.renew_awards,
        purpose="what is earned on present standing is awarded anew",
    ),
    Consumer(
        "corrections", ("credentials.certificate_correction",), credentials.supersede_corrected,
        purpose="a certificate with the approved name is issued, and the old one superseded behind it",
    ),
    Consumer(
        "bulk_revocations", ("credentials.bulk_revocation_approved",), credentials.revoke_approved, batch=5,
        purpose="what two persons agreed upon is revoked",
    ),
    Consumer(
        "status_lists", ("credentials.certificate_status_changed",), credentials.publish_status_lists,
        purpose="the issuer's status lists say it, signed anew",
    ),
    Consumer(
        "certificate_twins", ("credentials.certificate_twin_asked",), credentials.sign_twins,
        purpose="a certificate that is wanted as VC-JWT is signed in that form, once",
    ),
    Consumer(
        "passports", ("credentials.passport_asked",), credentials.sign_passports, batch=5,
        purpose="a passport that is wanted is put together and signed",
    ),
    Consumer(
        "self_descriptions", ("privacy.consent_changed",), learners.forget_withdrawn,
        purpose="what was said for the fairness monitor goes with its consent",
    ),
    Consumer(
        "agency_feed",
        (
            "privacy.consent_changed", "learners.profile_changed", "learners.enrolled", "learners.progress_recorded",
            "learners.lessons_waived", "learners.edition_completed", "learners.mastery_changed",
            "learners.level_decided", "credentials.certificate_issued", "credentials.certificate_status_changed",
        ),
        agencies.update_feed,
        purpose="each agency's rows of consenting learners move to the end of its feed",
    ),
)  # fmt: skip
