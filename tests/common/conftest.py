"""Nothing here needs the product's reference data."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _reference_data() -> None:
    return None
