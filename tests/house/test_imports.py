"""Another app is entered by its public module alone, and the contracts inside the apps fail where they should."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
APPS = [name for name in SETTINGS["root_packages"] if name != "demo"]
# What an app shows to others: its public module, and the classes of the events that it records.
SHOWN = {"public", "events"}
# Open to modules of the admin alone: what a member-state administrator sees, and how a row names its learner.
FOR_ADMIN = {"accounts.admin_scope", "learners.admin.read_only"}
EXCEPTIONS = {
    # Routes are put together in config, which hands these views what their apps may not ask for.
    ("config.urls", "privacy.api.consents"),
    ("config.urls", "learners.api.profiles"),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*APPS, cache_dir=None)


def _enters_elsewhere(importer: str, imported: str) -> bool:
    """Whether this import goes past what the other app shows."""
    own, (app, *inside) = importer.split("."), imported.split(".")
    if own[0] == app or app == "common" or (len(inside) == 1 and inside[0] in SHOWN):
        return False
    return not (imported in FOR_ADMIN and "admin" in own[1:2]) and (importer, imported) not in EXCEPTIONS


def _crossing(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    return {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if ".migrations" not in importer and _enters_elsewhere(importer, imported)
    }


def test_another_app_is_entered_by_its_public_module(graph: grimp.ImportGraph) -> None:
    assert _crossing(graph) == set()
    for importer, imported in EXCEPTIONS:
        assert graph.direct_import_exists(importer=importer, imported=imported), "an exception that nobody needs"


def test_an_import_past_the_public_module_is_found() -> None:
    assert _enters_elsewhere("assessments.attempts.services", "learners.profiles.models")
    assert _enters_elsewhere("assessments.attempts.services", "learners")
    assert _enters_elsewhere("agencies.services", "accounts.admin_scope")
    assert not _enters_elsewhere("agencies.admin.base", "accounts.admin_scope")
    assert not _enters_elsewhere("assessments.attempts.services", "learners.public")
    assert not _enters_elsewhere("learners.waivers.services", "learners.mastery.models")


def test_no_model_is_reached_around_the_contracts() -> None:
    """A model at the end of a foreign key, or one looked up by name, is an import that no contract sees."""
    around = re.compile(r"\.related_model\b|\bapps\.get_model\(")
    modules = [path for app in APPS for path in _folder(app).rglob("*.py") if "migrations" not in path.parts]
    assert len(modules) > 500
    assert [str(path) for path in modules if around.search(path.read_text(encoding="utf-8"))] == []


def _folder(app: str) -> Path:
    return next(folder for folder in (ROOT / app, ROOT / "platform" / app) if folder.is_dir())


CONTRACTS = [contract for contract in SETTINGS["contracts"] if "containers" in contract]


def test_every_app_has_a_contract_of_its_slices() -> None:
    assert sorted(app for contract in CONTRACTS for app in contract["containers"]) == sorted(
        set(APPS) - {"common", "config"}
    )
    assert all(contract["exhaustive"] for contract in CONTRACTS)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_the_contract_fails_for_each_import_upwards_or_aside(contract: dict[str, Any]) -> None:
    (app,) = contract["containers"]
    layers = [[f"{app}.{name.strip()}" for name in layer.split("|")] for layer in contract["layers"]]
    upwards = [(lower[0], upper[0]) for upper, lower in pairwise(layers)]
    aside = [pair for layer in layers for pair in pairwise(layer)]
    bare = grimp.ImportGraph()
    for module in (app, *(module for layer in layers for module in layer)):
        bare.add_module(module)
    assert _is_kept(contract, bare)
    for importer, imported in upwards + aside:
        bare.add_import(importer=importer, imported=imported)
        assert not _is_kept(contract, bare), f"{importer} may import {imported}"
        bare.remove_import(importer=importer, imported=imported)
    assert _is_kept(contract, bare)
    bare.add_module(f"{app}.unlisted")
    assert not _is_kept(contract, bare)


def _is_kept(contract: dict[str, Any], graph: grimp.ImportGraph) -> bool:
    # As import-linter reads them: a flag is a word.
    options = {
        name: str(value) if isinstance(value, bool) else value
        for name, value in contract.items()
        if name not in {"name", "type"}
    }
    return LayersContract(contract["name"], {"root_packages": APPS}, options).check(graph, verbose=False).kept
