"""What follows what, on one screen: every kind of event and who consumes it. `docs/flow.md` is drawn from this."""

from __future__ import annotations

from agencies import public as agencies
from events.registry import Consumer
from learners import public as learners

# kind: what it says -- payload
KINDS: dict[str, str] = {
    "courses.edition_published": "an edition was frozen and compiled -- edition_id",
    "privacy.consent_changed": "a consent was given or withdrawn -- user_id, purpose, agency_id, given",
    "learners.profile_changed": "a profile was made or changed -- learner_id, member_state",
    "learners.enrolled": "a learner enrolled -- learner_id, edition_id, enrolment_id",
    "learners.progress_recorded": "lessons moved on -- learner_id, edition_id",
    "learners.edition_completed": "all that an edition asks is done -- learner_id, edition_id",
    "learners.mastery_changed": "evidence was absorbed -- learner_id, skills",
    "learners.award_decided": "an achievement was earned -- award_id, learner_id",
    "learners.certificate_issued": "a certificate was signed -- certificate_id, learner_id, edition_id",
    "learners.certificate_revoked": "a certificate was revoked -- certificate_id, learner_id, edition_id",
    "assessments.outcome_recorded": (
        "an attempt was graded -- learner_id, edition_id, quiz_id, attempt_id, mode, passed, score, submitted_at, "
        "skills: [{skill, answered, score}], answers: [see learners.public.ANSWER_FIELDS]"
    ),
    "assessments.marking_needed": (
        "people must mark answers of a submitted attempt -- attempt_id, learner_id, attempt_items: [ids]"
    ),
    "assessments.outcome_corrected": (
        "a person gave items of an attempt other scores -- learner_id, edition_id, quiz_id, attempt_id, mode, passed, "
        "score, submitted_at, answers: [as in outcome_recorded, and corrects, struck]"
    ),
}

CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        "mastery", ("assessments.outcome_recorded",), learners.absorb_outcomes,
        purpose="answers become evidence, evidence moves mastery",
    ),
    Consumer(
        "completion", ("assessments.outcome_recorded", "assessments.outcome_corrected"),
        learners.note_passed_assessments,
        purpose="a passed assessment completes an edition whose lessons are done",
    ),
    Consumer(
        "awards", ("learners.edition_completed", "learners.mastery_changed"), learners.decide_awards,
        purpose="criteria met: the achievement is awarded, once",
    ),
    Consumer(
        "certificates", ("learners.award_decided",), learners.issue_certificates, batch=50,
        purpose="each award gets its signed credential, once",
    ),
    Consumer(
        "agency_feed",
        (
            "privacy.consent_changed", "learners.profile_changed", "learners.enrolled", "learners.progress_recorded",
            "learners.edition_completed", "learners.mastery_changed", "learners.certificate_issued",
            "learners.certificate_revoked",
        ),
        agencies.update_feed,
        purpose="each agency's rows of consenting learners move to the end of its feed",
    ),
)  # fmt: skip
