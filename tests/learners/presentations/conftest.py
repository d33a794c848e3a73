"""The fixtures of certificates, for what is done with them."""

from tests.learners.certificates.conftest import achievement, issue

__all__ = ["achievement", "issue"]
