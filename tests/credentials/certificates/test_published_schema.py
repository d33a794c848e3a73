"""What we issue against 1EdTech's own JSON schema, where somebody has a copy.

The schema's licence is not known to allow shipping it, so the platform checks against its own closed profile before
signing (decision 0040) and this test reads the published file from where OPEN_BADGES_SCHEMA_FILE says:
ob_v3p0_achievementcredential_schema.json, also among the test fixtures of openbadgeslib's source distribution.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest

from credentials.models import Certificate
from tests.credentials.certificates.factories import SKILLS

SCHEMA = os.environ.get("OPEN_BADGES_SCHEMA_FILE", "")
NAMES = ["山田 愛子", "สมชาย ใจดี", 'O\'Neil "Bo" <b>', "a\u200fb", "သီတာ", "Nguyễn Văn An"]


@pytest.mark.django_db
def test_a_schema_of_the_operators_is_held_before_signing(
    issue: Callable[..., Certificate], tmp_path: Path, settings
) -> None:
    strict = tmp_path / "schema.json"
    strict.write_text('{"properties": {"name": {"const": "nothing is called that"}}}')
    settings.OPEN_BADGES_SCHEMA_FILE = str(strict)
    with pytest.raises(Certificate.DoesNotExist):
        issue(name="山田 愛子")
    assert not Certificate.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not SCHEMA, reason="OPEN_BADGES_SCHEMA_FILE names no copy of 1EdTech's schema")
@pytest.mark.parametrize("name", NAMES)
def test_the_published_schema_finds_nothing(issue: Callable[..., Certificate], name: str, settings) -> None:
    settings.CREDENTIAL_STATUS = "single"
    validator = jsonschema_rs.validator_for(json.loads(Path(SCHEMA).read_text("utf-8")))
    credential = json.loads(issue(name=name).credential)
    assert [error.message for error in validator.iter_errors(credential)] == []
    assert len(credential["credentialSubject"]["achievement"]["alignment"]) >= len(SKILLS)
    del credential["credentialSubject"]["achievement"]["criteria"]
    assert not validator.is_valid(credential), "control: the schema must refuse an achievement without criteria"


@pytest.mark.django_db
@pytest.mark.skipif(not SCHEMA, reason="OPEN_BADGES_SCHEMA_FILE names no copy of 1EdTech's schema")
def test_two_status_entries_are_the_only_thing_it_minds(issue: Callable[..., Certificate], settings) -> None:
    """Decision 0048: Open Badges 3.0 has room for one."""
    settings.OPEN_BADGES_SCHEMA_FILE = ""
    validator = jsonschema_rs.validator_for(json.loads(Path(SCHEMA).read_text("utf-8")))
    places = [error.instance_path for error in validator.iter_errors(json.loads(issue().credential))]
    assert places == [["credentialStatus"]]
