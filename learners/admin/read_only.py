"""What staff look at and never edit: it is the learner's own doing, or follows from evidence."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """For admins and inlines; mixed in first."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
