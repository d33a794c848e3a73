"""What the tables of courses hold of people: who is of a course's team, and who wrote, checked and published."""

from __future__ import annotations

from common.personal_data import ACCOUNT_LIVES, Basis, Erasure, Seen, Table, Use

_TEAM = Use("accountability", Basis.PUBLIC_OFFICE, ACCOUNT_LIVES, (Seen.AUTHORS, Seen.STAFF), Erasure.DELETED)
_AUTHORSHIP = Use("accountability", Basis.PUBLIC_OFFICE, ACCOUNT_LIVES, (Seen.AUTHORS, Seen.STAFF), Erasure.KEPT)
_TEXT = "id language status digest source changed_at reviewed_at"

TABLES = (
    Table("courses.Authority", none="code second_person_publishes second_person_approves_items"),
    Table(
        "courses.Course",
        none="id slug authority source_language wanted_languages licence attribution requires_assessment",
    ),
    Table("courses.CourseMember", _TEAM, subject="user", pseudonymous="user", none="id course role language"),
    Table("courses.SourceText", none="digest body"),
    Table(
        "courses.CourseText",
        _AUTHORSHIP,
        subject="changed_by",
        pseudonymous="changed_by reviewed_by",
        none=f"{_TEXT} course title summary",
    ),
    Table(
        "courses.ModuleText",
        _AUTHORSHIP,
        subject="changed_by",
        pseudonymous="changed_by reviewed_by",
        none=f"{_TEXT} module title",
    ),
    Table(
        "courses.LessonText",
        _AUTHORSHIP,
        subject="changed_by",
        pseudonymous="changed_by reviewed_by",
        none=f"{_TEXT} lesson title body",
    ),
    Table("courses.Module", none="id course position removed_at"),
    Table("courses.Activity", none="id course module kind position slug removed_at"),
    Table("courses.Lesson", none="activity minutes"),
    Table("courses.LessonSkill", none="id lesson skill_code level"),
    Table("courses.Version", none="id unit kind number digest text_digests content substantial"),
    Table(
        "courses.Edition",
        _AUTHORSHIP,
        subject="proposed_by",
        pseudonymous="proposed_by approved_by",
        none="id course number status framework default_language languages draft_digest note move_rule proposed_at "
        "approved_at publish_at published_at retired_at",
    ),
    Table("courses.Pin", none="id edition unit version parent position"),
    Table("courses.Document", none="digest body"),
    Table("courses.CatalogueState", none="id token"),
    Table("courses.Page", none="id edition ref kind language document"),
    Table(
        "courses.Framework",
        none="id code version digest language licence notice references award_rules thresholds tracks current loaded_at",
    ),
    Table("courses.SkillLevel", none="id framework level key name description aqrf evidence automated_award"),
    Table("courses.SkillArea", none="id framework code name description"),
    Table(
        "courses.Skill",
        none="id framework area code name description tracks min_level max_level prerequisites mappings",
    ),
    Table("courses.SkillStatement", none="id skill level statement"),
    Table("courses.FrameworkLabel", none="id framework kind key language text machine_drafted"),
)
