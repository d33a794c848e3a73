"""Admin pages that show and change nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from common.admin_links import LinksWhatOpens


class ReadOnly(LinksWhatOpens):
    """For admins and inlines of rows that only services or files write; mixed in first."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
