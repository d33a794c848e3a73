"""Clients made from the OpenAPI documents, as a frontend or an agency would make them: `make verify-independent`.

They are generated anew in each run and play a journey against the platform's own processes. What they are given is the
document and nothing else, so a member that is missing or of another type stops the compiler or the journey.

The part in TypeScript is skipped where Node or its packages are not there, and says so; the part in Python always runs.
"""

from __future__ import annotations

import ast
import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from agencies.statistics.services import refresh_statistics
from common import clock
from config import starter_course
from config.demo_accounts import agency_with_client
from config.local import processes
from credentials.models import Certificate
from demo.knowledge import Knowledge
from demo.learner import Walk, text_versions
from demo.people import Person
from learners.models import SkillState
from tests.documented import AUDIENCES, SNAPSHOTS
from tests.factories import MONITORING
from tests.parts import Parts, parts

# Minutes, most of them the compilers': no part of the plain suite.
pytestmark = pytest.mark.slow

_CLIENTS = Path(__file__).parent / "clients"

# What openapi-python-client warns of and leaves out: bodies that are no JSON, by audience, operation and media type. A caller
# sends or reads the bytes with the client's own httpx.
_NO_JSON: Mapping[str, Mapping[str, set[str]]] = {
    "learners": {
        # A file that the learner hands in, as it is.
        "PUT /api/v1/me/attempts/{attempt_id}/files/{file_id}": {
            "application/pdf",
            "image/jpeg",
            "image/png",
            "text/plain",
        },
        # A certificate as a compact JWT, which is a text of its own form.
        "GET /api/v1/me/certificates/{certificate_id}/jwt": {"application/vc+jwt"},
        "PUT /api/v1/me/certificates/{certificate_id}/jwt": {"application/vc+jwt"},
    },
    "agencies": {},
    "everybody": {
        # The form of the C2SP protocol for witnesses.
        "POST /log/witness/add-checkpoint": {"text/plain"},
        # A certificate as a picture or as paper.
        "GET /verify/{code}/badge.png": {"image/png"},
        "GET /verify/{code}/badge.svg": {"image/svg+xml"},
        "GET /verify/{code}/pdf": {"application/pdf"},
    },
}

_needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (_CLIENTS / "node_modules").is_dir(),
    reason="needs Node 20 and the packages in tests/independent/clients: make verify-independent",
)


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None, within_s: float = 180) -> str:
    """Return what the command prints; fails with all of it when the command does."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert ended.returncode == 0, f"{command[0]} {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def python_clients(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """A folder with a package for each audience, `agencies_client` for one; and the generator's warnings."""
    folder = tmp_path_factory.mktemp("python")
    warnings = {}
    for audience in AUDIENCES:
        config = Config.from_sources(
            ConfigFile(post_hooks=[]),
            MetaType.NONE,
            document_source=SNAPSHOTS / f"{audience}.yaml",
            file_encoding="utf-8",
            overwrite=False,
            output_path=folder / f"{audience}_client",
        )
        warnings[audience] = [
            f"{error.level.value} {error.header}\n{error.detail}" for error in generate(config=config)
        ]
    return folder, warnings


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_documents_are_generated_to_python_whole(
    python_clients: tuple[Path, dict[str, list[str]]], audience: str
) -> None:
    left_out: dict[str, set[str]] = {}
    for warning in python_clients[1][audience]:
        operation = re.match(r"WARNING WARNING parsing ([A-Z]+ \S+) within ", warning)
        media_types = re.findall(r"[Uu]nsupported content[_ ]type ([\w.+/-]+)", warning)
        assert operation, warning
        assert media_types, warning
        left_out.setdefault(operation[1], set()).update(media_types)
    assert left_out == _NO_JSON[audience]


def _strict(folder: Path, *what: str) -> None:
    # A file of settings that is empty, for the project's own are looser.
    _run(
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(folder / ".mypy_cache"),
        *what,
        cwd=folder,
        env={"MYPYPATH": str(folder), "PYTHONPATH": ""},
    )


def _evasions_of_types(script: Path) -> list[str]:
    """What in the script hides types from the checker: `Any`, `cast`, `type: ignore`, and members that are read as `Any`."""
    with tokenize.open(script) as opened:
        source = opened.read()
    names = {
        node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
    }
    comments = re.findall(r"#\s*(type:|mypy:)", source)
    return sorted(names & {"Any", "cast", "getattr", "additional_properties"}) + comments


def test_the_python_journey_takes_the_types_as_they_are(
    python_clients: tuple[Path, dict[str, list[str]]], tmp_path: Path
) -> None:
    folder, _ = python_clients
    shutil.copy(_CLIENTS / "journey.py", folder)
    _strict(folder, "journey.py")
    _strict(folder, *(f"--package={audience}_client" for audience in AUDIENCES))
    assert not _evasions_of_types(_CLIENTS / "journey.py")

    planted = tmp_path / "planted.py"
    planted.write_text(
        "import typing as t\nfrom typing import cast\na: t.Any = cast(int, '')\nb: int = ''  # type: ignore\n"
    )
    assert _evasions_of_types(planted) == ["Any", "cast", "type:"]


@pytest.fixture(scope="module")
def typescript_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the journey, its settings, and the types of each document: `learners.ts` for one."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(_CLIENTS / "node_modules", target_is_directory=True)
    for name in ("journey.ts", "tsconfig.json", "eslint.config.mjs", "package.json"):
        shutil.copy(_CLIENTS / name, folder)
    for audience in AUDIENCES:
        printed = _run(
            "node",
            "node_modules/openapi-typescript/bin/cli.js",
            str(SNAPSHOTS / f"{audience}.yaml"),
            "--output",
            f"{audience}.ts",
            "--default-non-nullable=false",
            cwd=folder,
        )
        assert not re.search("warn|error", printed, re.IGNORECASE), printed
    return folder


@pytest.fixture(scope="module")
def compiled(typescript_clients: Path) -> Path:
    """The journey as JavaScript. The compiler takes the types of all three documents, the journey and what it imports."""
    _run("node", "node_modules/typescript/bin/tsc", "--project", ".", cwd=typescript_clients)
    return typescript_clients / "built" / "journey.js"


@_needs_node
def test_the_documents_give_types_that_can_be_used(typescript_clients: Path) -> None:
    for audience in AUDIENCES:
        for line in (typescript_clients / f"{audience}.ts").read_text("utf-8").splitlines():
            # Further members, as of JSON-LD, may be anything. What has no type or cannot have a value is of no use.
            if re.search(r"\bunknown\b(\[\])?( \| null)?;$", line):
                assert re.match(r" +\[(name|key): string\]: unknown;", line), f"{audience}: {line}"
            if "Record<string, never>" in line:
                # What only one kind of item has, of a kind that has nothing of its own.
                assert re.match(r"export type (webhooks|\$defs)| +extra: ", line), f"{audience}: {line}"


def _lint(folder: Path, *files: str) -> list[str]:
    """Return the rules that are broken; comments in the files cannot switch any off."""
    ended = subprocess.run(
        ["node", "node_modules/eslint/bin/eslint.js", "--no-inline-config", "--format=json", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stderr
    return sorted({str(message["ruleId"]) for file in json.loads(ended.stdout) for message in file["messages"]})


_PLANTED = """
/* eslint-disable */
// @ts-expect-error
const first: number = "";
const second: any = first;
const third = second as string;
const fourth: string[] = [];
export const fifth = [third, fourth[0]!, JSON.parse("1").name];
"""


@_needs_node
def test_the_typescript_journey_takes_the_types_as_they_are(typescript_clients: Path, compiled: Path) -> None:
    assert _lint(typescript_clients, "journey.ts") == []

    planted = typescript_clients / "planted.ts"
    planted.write_text(_PLANTED)
    try:
        found = _lint(typescript_clients, "planted.ts")
    finally:
        planted.unlink()
    assert {
        "@typescript-eslint/ban-ts-comment",
        "@typescript-eslint/consistent-type-assertions",
        "@typescript-eslint/no-explicit-any",
        "@typescript-eslint/no-non-null-assertion",
        "@typescript-eslint/no-unsafe-member-access",
    } <= set(found)


@contextmanager
def _platform(folder: Path) -> Iterator[Parts]:
    with parts(folder) as running:
        running.start_worker()
        running.start_beat()
        running.start_web()
        yield running


@_needs_node
@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_learner_signs_up_and_becomes_certified_in_typescript(compiled: Path, tmp_path: Path) -> None:
    starter_course.load()
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(Knowledge(processes.ROOT, starter_course.SLUG).right_answers()), "utf-8")
    with _platform(tmp_path) as running:
        shown = json.loads(_run("node", str(compiled), running.base_url, str(answers), cwd=tmp_path))
    print(f"\nTypeScript: certificate {shown['code']}, {shown['verified']}, levels {_levels(shown['skills'])}")
    certificate = Certificate.objects.get()
    assert certificate.learner.legal_name == "Nguyễn Thị Hồng"
    assert (shown["code"], shown["status"], shown["score"]) == (certificate.public_code, "active", 1)
    assert shown["verified"] == {"byCode": "valid", "byCredential": "valid", "name": "Nguyễn Thị Hồng"}
    assert _levels(shown["skills"]) == _stored_levels("Nguyễn Thị Hồng")
    assert all(
        skill["level"] >= 1 and skill["explanations"] and all(skill["explanations"]) for skill in shown["skills"]
    )


def _levels(skills: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return {skill["code"]: skill["level"] for skill in skills}


def _stored_levels(legal_name: str) -> dict[str, int]:
    states = SkillState.objects.filter(learner__legal_name=legal_name).order_by("skill_code")
    return dict(states.values_list("skill_code", "level"))


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_an_agency_pulls_its_feed_to_the_end_in_python(
    python_clients: tuple[Path, dict[str, list[str]]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="httpx")
    folder, _ = python_clients
    shutil.copy(_CLIENTS / "journey.py", folder)
    edition_id = str(starter_course.load())
    knowledge = Knowledge(processes.ROOT, starter_course.SLUG)
    registered = agency_with_client("VN", actor="test")
    names = ("Nguyễn Thị Hồng", "Trần Văn Minh")
    with _platform(tmp_path) as running:
        with httpx.Client(base_url=running.base_url, timeout=30) as http:
            for number, name in enumerate(names):
                person = Person(f"client-{number}", name, "VN", ("vi", "en"), 1990, 9.0, True, "all")
                walk = Walk(http, person, text_versions(http), random.Random(number))
                walk.learn(edition_id)
                walk.consent("share_explanations", registered["agency_id"])
                walk.take_assessment(edition_id, knowledge)
            running.wait(
                lambda: not http.get("/readyz", headers=MONITORING).json()["outbox_waiting"], "the workers to finish"
            )
        refresh_statistics(now=clock.now())
        shown = json.loads(
            _run(
                sys.executable,
                "journey.py",
                running.base_url,
                cwd=folder,
                env={
                    "PYTHONPATH": str(folder),
                    "CLIENT_ID": registered["client_id"],
                    "CLIENT_SECRET": registered["client_secret"],
                },
            )
        )
    print(f"\nPython: {shown['pages']} pages, levels {shown['levels']}, {shown['statistics']} figures")
    assert shown["pages"] >= len(names)
    assert sorted(shown["levels"].values(), key=str) == sorted(map(_stored_levels, names), key=str)
    assert shown["certificates"] == ["active"] * len(names)
    assert shown["explained"].keys() == shown["levels"].keys()
    assert all(sentences and all(sentences) for skills in shown["explained"].values() for sentences in skills.values())
    assert shown["statistics"]
    assert shown["unchanged"]
