"""What the tables of learners hold of them: profile, enrolments, progress, evidence and levels."""

from __future__ import annotations

from common.personal_data import ACCOUNT_LIVES, Basis, Erasure, Retention, Seen, Table, Use

_SEEN = (Seen.LEARNER, Seen.STAFF)
_PROFILE = Use("account", Basis.SERVICE, ACCOUNT_LIVES, _SEEN, Erasure.DELETED)
_LEARNING = Use("learning_records", Basis.CONSENT, ACCOUNT_LIVES, (*_SEEN, Seen.AGENCIES), Erasure.DELETED)
# The workings of the rules: told in an explanation, listed nowhere.
_COMPUTED = Use("learning_records", Basis.CONSENT, ACCOUNT_LIVES, (Seen.LEARNER,), Erasure.DELETED)
_JUDGED = Use("learning_records", Basis.CONSENT, ACCOUNT_LIVES, (*_SEEN, Seen.EVALUATORS), Erasure.DELETED)

TABLES = (
    Table(
        "learners.Learner",
        _PROFILE,
        subject="user",
        personal="legal_name latin_name name_reading languages birth_year member_state",
        pseudonymous="user",
        none="created_at version",
    ),
    Table(
        "learners.EarlierState",
        _PROFILE,
        subject="user",
        personal="member_state since",
        pseudonymous="user",
        none="id",
    ),
    Table(
        "learners.SelfDescription",
        Use(
            "fairness_monitoring",
            Basis.CONSENT,
            Retention(until="as long as the consent"),
            (Seen.LEARNER,),
            Erasure.DELETED,
        ),
        subject="learner",
        sensitive="gender",
        pseudonymous="learner",
        none="said_at",
    ),
    Table(
        "learners.Enrolment",
        _LEARNING,
        subject="learner",
        pseudonymous="id learner",
        learning="course edition enrolled_at placed_at lessons_done_at assessment_passed_at completed_at",
    ),
    Table(
        "learners.EnrolmentEdition",
        _LEARNING,
        subject="enrolment__learner",
        pseudonymous="enrolment by",
        learning="edition since",
        none="id",
    ),
    Table("learners.Cohort", none="id course code title"),
    Table("learners.CohortMember", _LEARNING, subject="enrolment__learner", learning="cohort enrolment", none="id"),
    Table(
        "learners.LessonProgress",
        _LEARNING,
        subject="enrolment__learner",
        pseudonymous="enrolment",
        learning="lesson furthest done_at version language seen_at updated_at",
        none="id",
    ),
    Table(
        "learners.LessonWaiver",
        _LEARNING,
        subject="enrolment__learner",
        pseudonymous="enrolment",
        learning="lesson levels because at",
        none="id framework_version rule_version",
    ),
    Table(
        "learners.Evidence",
        _COMPUTED,
        subject="learner",
        pseudonymous="id learner",
        learning="item_id item_revision skills level score mode supervised language answered_at seen_before corrects"
        " corrected_at voided lapsed",
        none="guess difficulty framework_version rule_version recorded_at",
    ),
    Table(
        "learners.SittingTrace",
        _COMPUTED,
        subject="learner",
        pseudonymous="learner evidence_ids",
        learning="at theta theta_variance expected skills earlier waits",
        none="id",
    ),
    Table(
        "learners.Ability",
        _COMPUTED,
        subject="learner",
        pseudonymous="learner",
        learning="mean variance count last_at",
        none="rule_version snapshot",
    ),
    Table(
        "learners.SkillState",
        _LEARNING,
        subject="learner",
        pseudonymous="learner",
        learning="skill_code mean variance count earlier last_at shown_level computed_level computed_since level probability"
        " level_since certified_level certified_at tests",
        none="id framework_version",
    ),
    Table(
        "learners.LevelChange",
        _LEARNING,
        subject="learner",
        pseudonymous="learner evidence_id",
        learning="skill_code level probability at",
        none="id framework_version rule_version",
    ),
    # Of items and skills, over all learners: a snapshot is drawn from thousands of answers.
    Table("learners.Snapshot", none="id version held_from answers rule_version"),
    Table(
        "learners.ItemParameters",
        none="id held_from mean variance count snapshot item_id item_revision log_discrimination"
        " log_discrimination_variance",
    ),
    Table("learners.SkillParameters", none="id held_from mean variance count snapshot skill_code slope slope_variance"),
    Table(
        "learners.LevelAssessment",
        _JUDGED,
        subject="learner",
        personal="evidence",
        pseudonymous="id learner",
        learning="skill_code level state outcome opened_at closed_at",
        none="framework_version rubric",
    ),
    Table(
        "learners.AssessorVerdict",
        _JUDGED,
        subject="learner",
        personal="reason",
        pseudonymous="learner assessment assessor",
        learning="recommended points given_at",
        none="id",
        of_others="assessor",
    ),
    Table(
        "learners.LevelDecision",
        _JUDGED,
        subject="learner",
        personal="reason",
        pseudonymous="learner decided_by",
        learning="skill_code level computed_level cause decided_at",
        none="id rubric framework_version recorded_at",
        of_others="decided_by",
    ),
    Table(
        "learners.LevelFreeze",
        _JUDGED,
        subject="learner",
        pseudonymous="learner decision",
        learning="skill_code level since cause reason frozen_at released_at",
        none="id",
    ),
)
