"""Certificates as the product issues them."""

from __future__ import annotations

from tests.learners.certificates.conftest import achievement, issue

__all__ = ["achievement", "issue"]
