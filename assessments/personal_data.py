"""What the tables of assessments hold of people: attempts and answers, marks, appeals, and hints for a person to look at."""

from __future__ import annotations

from datetime import timedelta

from assessments.integrity.rules import rule
from common.personal_data import ACCOUNT_LIVES, Basis, Erasure, Retention, Seen, Table, Use

_WORK = Use(
    "learning_records",
    Basis.CONSENT,
    ACCOUNT_LIVES,
    (Seen.LEARNER, Seen.STAFF, Seen.EVALUATORS),
    Erasure.DELETED,
)
_APPEALS = Use("appeals", Basis.LEGAL_DUTY, ACCOUNT_LIVES, (Seen.LEARNER, Seen.STAFF, Seen.EVALUATORS), Erasure.DELETED)

TABLES = (
    Table("assessments.Bank", none="id title course authority"),
    Table("assessments.BankUse", none="id bank course ended_at"),
    Table("assessments.Item", none="id bank code retired withdrawn_at withdrawn_reason"),
    Table(
        "assessments.ItemRevision",
        Use("accountability", Basis.PUBLIC_OFFICE, ACCOUNT_LIVES, (Seen.AUTHORS, Seen.STAFF), Erasure.KEPT),
        subject="author",
        pseudonymous="author approved_by",
        none="id item number kind content key skills level difficulty guess measured_as approved_at",
    ),
    Table(
        "assessments.Quiz",
        none="id course slug titles mode pools sections forms attempt_limit cool_down_s time_limit_s pass_share skill_minimums"
        " shuffle_items shuffle_options options_in_order review_what review_when prerequisites windows cut_at_close"
        " certified_level max_exposure open",
    ),
    Table("assessments.QuizVersion", none="id quiz number digest blueprint created_at"),
    Table("assessments.EditionQuiz", none="id edition quiz version"),
    Table("assessments.ItemExposure", none="id quiz item drawn"),
    Table("assessments.ScoringRuleCard", none="id"),
    Table(
        "assessments.AttemptAllowance",
        _WORK,
        subject="learner",
        pseudonymous="learner",
        learning="quiz used granted granted_at",
        none="id",
    ),
    Table(
        "assessments.Attempt",
        _WORK,
        subject="learner",
        pseudonymous="id learner",
        learning="quiz edition quiz_version number language started_at due_at submitted_at score passed expired known_at"
        " exclusive form selection",
        personal="device_class",
        none="seed rule_version framework_version outcome_published closed_by_clock saves",
    ),
    Table(
        "assessments.AttemptItem",
        _WORK,
        subject="attempt__learner",
        # What people write may name anybody.
        personal="response",
        pseudonymous="id attempt",
        learning="position section revision score seen_before seconds saved_at",
        none="option_order saved_sequence",
    ),
    Table(
        "assessments.HandedInFile",
        _WORK,
        subject="attempt__learner",
        personal="body",
        pseudonymous="id attempt",
        learning="media_type size uploaded_at",
        none="sha256",
    ),
    Table(
        "assessments.ScoreCorrection",
        _WORK,
        subject="learner",
        pseudonymous="learner item actor",
        learning="corrects previous score reason at",
        none="id",
        of_others="actor",
    ),
    Table(
        "assessments.Accommodation",
        _WORK,
        subject="learner",
        # That somebody needs more time can tell of an illness.
        sensitive="reason factor extra_s",
        pseudonymous="learner granted_by",
        learning="quiz granted_at revoked_at",
        none="id",
        of_others="granted_by",
    ),
    Table(
        "assessments.MarkingTask",
        _WORK,
        subject="attempt_item__attempt__learner",
        pseudonymous="attempt_item",
        learning="language opened_at final closed_at",
        none="id code",
    ),
    Table(
        "assessments.Claim",
        Use("marking", Basis.PUBLIC_OFFICE, Retention(until="until the mark is given"), (Seen.STAFF,), Erasure.EXPIRES),
        subject="marker_id",
        pseudonymous="marker_id",
        none="id task expires_at",
    ),
    Table(
        "assessments.Mark",
        _WORK,
        subject="learner",
        personal="comments reason",
        pseudonymous="learner task marker_id",
        learning="number points score given_at",
        none="id",
        of_others="marker_id",
    ),
    Table(
        "assessments.Reviewer",
        Use("appeals", Basis.PUBLIC_OFFICE, ACCOUNT_LIVES, (Seen.LEARNER, Seen.STAFF), Erasure.NOT_CONCERNED),
        subject="user",
        personal="public_name",
        pseudonymous="user",
    ),
    Table(
        "assessments.Appeal",
        _APPEALS,
        subject="learner",
        personal="grounds",
        pseudonymous="id learner attempt item level_assessment_id reviewer",
        learning="kind subject skill achievement language disputed opened_at due_at due_time_zone due_rule reviewer_since"
        " closed_at withdrawn",
        of_others="reviewer",
    ),
    Table(
        "assessments.AppealStep",
        _APPEALS,
        subject="learner",
        personal="reviewer_name",
        pseudonymous="learner appeal actor",
        learning="what at",
        none="id",
        of_others="actor",
    ),
    Table(
        "assessments.AppealDecision",
        _APPEALS,
        subject="learner",
        personal="reason reviewer_name",
        pseudonymous="learner appeal decided_by",
        learning="outcome remedy revisions decided_at",
        none="id recorded_at",
        of_others="decided_by",
    ),
    # Figures of ten learners and more, or of thirty: of no person.
    Table("assessments.AnalysisRun", none="id course day made_at digest method learners answers tests"),
    Table(
        "assessments.ItemStatistic",
        none="id run revision joined n facility is_binary discrimination timed median_seconds difficulty thirds options flags"
        " findings",
    ),
    Table(
        "assessments.FormStatistic",
        none="id run quiz factor group n items is_drawn is_binary mean deviation reliability error reason",
    ),
    Table(
        "assessments.DifResult",
        none="id run revision factor group reference n facility discrimination median_seconds delta delta_error p q ets_class",
    ),
    Table(
        "assessments.FairnessReport",
        none="id day made_at since rule_version rule quizzes comparisons alerts appeals_overdue dif",
    ),
    Table(
        "assessments.FairnessGroup",
        none="id report measure quiz dimension group verdict people share share_low share_high ratio ratio_low ratio_high"
        " p_value q_value",
    ),
    Table("assessments.IntegrityRun", none="id since until made_at rule_version attempts pairs timed hints"),
    Table(
        "assessments.IntegrityHint",
        Use(
            "integrity",
            Basis.LEGAL_DUTY,
            Retention(
                until=f"or {rule().kept_days_noted} where a person noted it", for_=timedelta(days=rule().kept_days)
            ),
            (Seen.EVALUATORS,),
            Erasure.DELETED,
        ),
        subject="attempt__learner",
        # A suspicion, and where there is a second attempt, one about two people.
        sensitive="kind facts state reason",
        pseudonymous="attempt other decided_by",
        learning="quiz statistic p_value q_value made_at decided_at",
        none="id rule_version",
        of_others="other facts decided_by",
    ),
)
