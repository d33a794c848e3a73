"""The achievement that certificates' attackers are after."""

from tests.credentials.certificates.conftest import achievement

__all__ = ["achievement"]
