"""Two source roots on one path: nothing in them hides the standard library, an installed package, or the other root."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOTS = (ROOT, ROOT / "platform")
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Folders with Python that is not part of the product.
NOT_PACKAGES = {"platform", "tests", "benchmarks", "demo"}


def _packages() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in ROOTS:
        for folder in root.iterdir():
            if folder.is_dir() and not folder.name.startswith(".") and (folder / "__init__.py").exists():
                assert folder.name not in found, f"{folder.name} stands in both roots"
                found[folder.name] = folder
    return found


def test_platform_is_the_standard_librarys() -> None:
    assert platform.__file__ is not None
    assert Path(platform.__file__).parent == Path(sysconfig.get_paths()["stdlib"])
    assert platform.python_version()


def test_platform_is_the_standard_librarys_wherever_the_path_begins_with_us() -> None:
    program = "import platform, config; print(platform.python_version(), config.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT / "platform" / "config") in done.stdout


def test_the_second_root_is_no_package_and_holds_packages_only() -> None:
    second = ROOT / "platform"
    assert not (second / "__init__.py").exists()
    assert not list(second.glob("*.py"))
    assert not list(second.glob("**/test_*.py"))


def test_no_package_hides_another() -> None:
    installed = set(importlib.metadata.packages_distributions())
    for name in _packages():
        assert name not in sys.stdlib_module_names, f"{name} hides the standard library's"
        assert name not in installed, f"{name} hides an installed package"


def test_the_import_contract_knows_every_package() -> None:
    contracts = CONFIGURATION["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    layered = {name for layer in layers for name in layer.split(" | ")}
    product = {name for name in _packages() if name not in NOT_PACKAGES}
    assert product == layered
    assert product <= set(CONFIGURATION["tool"]["importlinter"]["root_packages"])
    assert product <= set(CONFIGURATION["tool"]["mypy"]["packages"])
    assert product <= set(CONFIGURATION["tool"]["ruff"]["lint"]["isort"]["known-first-party"])


def test_the_layers_that_stand_in_the_architecture_are_the_contract() -> None:
    contracts = CONFIGURATION["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    assert layers == [
        "config",
        "agencies | home",
        "assessments",
        "credentials",
        "learners",
        "courses",
        "privacy",
        "events",
        "accounts",
        "member_states",
        "common",
    ]
