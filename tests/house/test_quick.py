"""What `make quick` chooses: the tests near a change, and no test that only comes to it by way of everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick import ROOT, Tree, choose

FILES = {
    "learners/models.py": "from learners.waivers.models import Waiver\nfrom learners.profiles.models import Learner\n",
    "learners/public.py": '"""The door."""\nfrom learners.waivers.services import waive\n__all__ = ["waive"]\n',
    "learners/waivers/models.py": "class Waiver: ...\n",
    "learners/waivers/services.py": "def waive(): ...\n",
    "learners/profiles/models.py": "class Learner: ...\n",
    "learners/progress/selectors.py": "from learners.models import Waiver\ndef skipped(): ...\n",
    "learners/templates/waivers/list.html": "",
    "learners/odd.py": "",
    "platform/agencies/feed.py": "from learners import public as learners\nlearners.waive()\n",
    "tests/helpers.py": "",
    "tests/learners/test_waivers.py": "",
    "tests/learners/test_profile.py": "from learners.models import Learner\n",
    "tests/learners/test_progress.py": "def test():\n    from learners.progress import selectors\n",
    "tests/learners/profiles/conftest.py": "",
    "tests/learners/profiles/test_names.py": "",
    "tests/agencies/test_feed.py": "from agencies import feed\n",
    "tests/assessments/test_door.py": "from learners import public as learners\nlearners.waive()\n",
    "tests/assessments/test_helped.py": "from tests.helpers import help\n",
}
OF_LEARNERS = {
    "learners.test_waivers",
    "learners.test_profile",
    "learners.test_progress",
    "learners.profiles.test_names",
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Tree(tmp_path)


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        # By its name, by a door, and not what imports another name of the same door or lies in another app at a remove.
        ("learners/waivers/services.py", {"learners.test_waivers", "assessments.test_door"}),
        ("learners/waivers/models.py", {"learners.test_waivers", "learners.test_progress"}),
        ("learners/profiles/models.py", {"learners.test_profile", "learners.profiles.test_names"}),
        ("learners/progress/selectors.py", {"learners.test_progress"}),
        ("learners/templates/waivers/list.html", {"learners.test_waivers"}),
        ("learners/waivers/gone.py", {"learners.test_waivers"}),
        ("learners/odd.py", OF_LEARNERS),
        ("platform/agencies/feed.py", {"agencies.test_feed"}),
        ("tests/learners/test_progress.py", {"learners.test_progress"}),
        ("tests/learners/profiles/conftest.py", {"learners.profiles.test_names"}),
        ("tests/helpers.py", {"assessments.test_helped"}),
        ("docs/architecture.md", set()),
    ],
)
def test_what_is_near_is_chosen(tree: Tree, changed: str, chosen: set[str]) -> None:
    found, everything = choose(tree, [changed])
    assert set(found) == {f"tests.{name}" for name in chosen}
    assert all(found.values()), "each has its reason"
    assert everything == []


@pytest.mark.parametrize(
    "path",
    ["tests/conftest.py", "platform/config/settings/base.py", "learners/migrations/0001_initial.py", "pyproject.toml"],
)
def test_what_concerns_everything_is_said(tree: Tree, path: str) -> None:
    assert choose(tree, [path]) == ({}, [path])


def test_in_this_tree_a_slice_has_its_own_tests_and_not_a_tenth_of_all() -> None:
    tree = Tree(ROOT)
    for path, test in (
        ("learners/waivers/services.py", "tests.learners.test_waivers"),
        ("courses/publishing/services.py", "tests.courses.test_publishing"),
        ("platform/privacy/consents/services.py", "tests.privacy.test_consents"),
    ):
        found, _ = choose(tree, [path])
        assert test in found
        assert len(found) < len(tree.tests) / 10
