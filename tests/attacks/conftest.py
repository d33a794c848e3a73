"""The achievement that certificates' attackers are after."""

from tests.learners.certificates.conftest import achievement

__all__ = ["achievement"]
