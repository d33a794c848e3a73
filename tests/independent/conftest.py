"""Certificates as the product issues them."""

from __future__ import annotations

from tests.credentials.certificates.conftest import achievement, issue

__all__ = ["achievement", "issue"]
