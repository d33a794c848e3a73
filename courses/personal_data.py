"""Courses and the skills framework hold nothing of people."""

from __future__ import annotations

from common.personal_data import Table

TABLES = (
    Table("courses.Course", none="id slug licence attribution"),
    Table(
        "courses.Edition",
        none="id course number status framework default_language languages requires_assessment published_at",
    ),
    Table("courses.EditionText", none="id edition language title summary status"),
    Table("courses.Module", none="id edition position"),
    Table("courses.ModuleText", none="id module language title status"),
    Table("courses.Lesson", none="id module position slug minutes"),
    Table("courses.LessonText", none="id lesson language title body status"),
    Table("courses.LessonSkill", none="id lesson skill level"),
    Table("courses.Document", none="id edition kind ref language body etag"),
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
