"""What follows what, on one screen: every class of event and who consumes it. `docs/flow.md` is drawn from this.

A class stands here or it cannot be recorded. A consumer that is given a class which its handler does not take is an error
of types.
"""

from __future__ import annotations

from typing import Any

from agencies import public as agencies
from assessments import public as assessments
from assessments.events import (
    AppealDecided,
    AppealOpened,
    AppealOverdue,
    MarkingNeeded,
    OutcomeCorrected,
    OutcomeRecorded,
)
from courses.events import EditionPublished
from credentials import public as credentials
from credentials.events import (
    AwardDecided,
    AwardMissing,
    BulkRevocationApproved,
    CertificateIssued,
    CertificateStatusChanged,
    CorrectionMoved,
    JwtFormAsked,
    PassportRequested,
    QuizPassed,
    RenewalRequested,
)
from events.public import Consumer, Event
from learners import public as learners
from learners.events import (
    AccountChanged,
    EditionCompleted,
    Enrolled,
    EnrolmentMoved,
    LessonsWaived,
    LevelDecided,
    MasteryChanged,
    ProfileChanged,
    ProgressRecorded,
)
from privacy.events import ConsentChanged

EVENTS: tuple[type[Event], ...] = (
    EditionPublished,
    ConsentChanged,
    ProfileChanged,
    AccountChanged,
    Enrolled,
    EnrolmentMoved,
    ProgressRecorded,
    LessonsWaived,
    EditionCompleted,
    MasteryChanged,
    LevelDecided,
    QuizPassed,
    AwardDecided,
    CertificateIssued,
    CertificateStatusChanged,
    JwtFormAsked,
    PassportRequested,
    CorrectionMoved,
    BulkRevocationApproved,
    RenewalRequested,
    AwardMissing,
    OutcomeRecorded,
    AppealOpened,
    AppealOverdue,
    AppealDecided,
    MarkingNeeded,
    OutcomeCorrected,
)

CONSUMERS: tuple[Consumer[Any], ...] = (
    Consumer(
        "mastery",
        learners.absorb_outcomes,
        purpose="answers become evidence, evidence moves mastery",
    ).takes(OutcomeRecorded, OutcomeCorrected),
    Consumer(
        "marking",
        assessments.open_tasks,
        purpose="answers that people must mark wait in the queue, once each",
    ).takes(MarkingNeeded),
    Consumer(
        "completion",
        learners.note_passed_assessments,
        purpose="a passed assessment completes a course whose lessons are done",
    ).takes(OutcomeRecorded, OutcomeCorrected),
    Consumer(
        "waivers",
        learners.waive_lessons,
        purpose="whoever was placed need not do the lessons whose skills are held already",
    ).takes(OutcomeRecorded, MasteryChanged),
    Consumer(
        "passed_quizzes",
        credentials.note_passed_quizzes,
        purpose="a quiz that an achievement may ask for is noted as passed, once",
    ).takes(OutcomeRecorded, OutcomeCorrected),
    Consumer(
        "awards",
        credentials.decide_awards,
        purpose="criteria met: the achievement is awarded, once",
    ).takes(EditionCompleted, MasteryChanged, LevelDecided, QuizPassed, AwardMissing),
    Consumer(
        "certificates",
        credentials.issue_certificates,
        purpose="each award gets its signed credential, once",
    ).takes(AwardDecided),
    Consumer(
        "transparency",
        credentials.log_certificates,
        purpose="each certificate and each change of its status is an entry of the transparency log, once",
    ).takes(CertificateIssued, CertificateStatusChanged),
    Consumer(
        "renewals",
        credentials.renew_awards,
        purpose="what is earned on present standing is awarded anew",
    ).takes(RenewalRequested),
    Consumer(
        "corrections",
        credentials.supersede_corrected,
        purpose="a certificate with the approved name is issued, and the old one superseded behind it",
    ).takes(CorrectionMoved),
    Consumer(
        "bulk_revocations",
        credentials.revoke_approved,
        batch=5,
        purpose="what two persons agreed upon is revoked",
    ).takes(BulkRevocationApproved),
    Consumer(
        "status_lists",
        credentials.publish_status_lists,
        purpose="the issuer's status lists say it, signed anew",
    ).takes(CertificateStatusChanged),
    Consumer(
        "certificate_jwts",
        credentials.sign_certificate_jwts,
        purpose="a certificate that is wanted as VC-JWT is signed in that form, once",
    ).takes(JwtFormAsked),
    Consumer(
        "passports",
        credentials.sign_passports,
        batch=5,
        purpose="a passport that is wanted is put together and signed",
    ).takes(PassportRequested),
    Consumer(
        "self_descriptions",
        learners.forget_withdrawn,
        purpose="what was said for the fairness monitor goes with its consent",
    ).takes(ConsentChanged),
    Consumer(
        "agency_feed",
        agencies.update_feed,
        purpose="each agency's rows of consenting learners move to the end of its feed",
    ).takes(
        ConsentChanged,
        ProfileChanged,
        AccountChanged,
        Enrolled,
        EnrolmentMoved,
        ProgressRecorded,
        LessonsWaived,
        EditionCompleted,
        MasteryChanged,
        LevelDecided,
        CertificateIssued,
        CertificateStatusChanged,
    ),
)
