"""The fixtures of certificates, for what is done with them."""

from tests.credentials.certificates.conftest import achievement, issue

__all__ = ["achievement", "issue"]
