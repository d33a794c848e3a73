"""Ids of courses that are loaded from files: functions of their slugs, so that other loaders find them."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("5b0a6c1e-3c5f-5a0e-9d58-3f1f6d0c7a21")


def course_id_of(course: str) -> UUID:
    """The id of the course with that slug."""
    return uuid5(NAMESPACE, course)


def edition_id_of(course: str, number: int) -> UUID:
    """The id of an edition of a course."""
    return uuid5(NAMESPACE, f"{course}/{number}")


def module_id_of(course: str, number: int, module: str) -> UUID:
    """The id of a module of an edition."""
    return uuid5(NAMESPACE, f"{course}/{number}/modules/{module}")


def lesson_id_of(course: str, number: int, lesson: str) -> UUID:
    """The id of a lesson of an edition; a lesson's slug is unique in the files of an edition."""
    return uuid5(NAMESPACE, f"{course}/{number}/lessons/{lesson}")
