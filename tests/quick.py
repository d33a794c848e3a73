"""`make quick`: run the tests that a change within one slice can break, in seconds.

What is changed: Python files that differ from where the branch left `main`, and files that git does not know yet.
A test module is chosen for a changed module of the product when

- it imports it: by its own import statements, wherever they stand. A door (`public.py`, `models.py` and other modules that
  only import) counts as the modules in which the names that are used are defined, or everything would import everything;
- or it imports a module of the same app that imports it, at one remove, doors seen through in the same way;
- or its name mirrors it: `learners/waivers/services.py` is mirrored by `tests/learners/test_waivers.py` and by
  `tests/learners/waivers/`, `courses/api/catalogue.py` by what is named for the catalogue in `tests/courses/`. Nearly all tests
  speak HTTP and reach a slice by settings and routes: that way nothing leads to less than all.

A file that is no module, as a template or a table of data, is mirrored only. For a changed file of an app for which all
this finds nothing, the app's whole folder of tests is chosen.

A changed test module is chosen itself, and so is what imports a changed module of tests, at any remove. What needs a worker or a
browser of its own, or minutes, is left to `make test`. Settings, migrations, fixtures of all tests and the choice of packages
concern everything: of such a change it is said, and nothing is chosen for it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
APPS = ("learners", "courses", "assessments")
EVERYTHING = re.compile(
    r"tests/(conftest|beginning)\.py|platform/config/(settings|local)/|.*/migrations/|pyproject\.toml|requirements/|Makefile"
)
# Names that each slice has: they say nothing of which one it is.
GENERAL = {
    "admin",
    "api",
    "apps",
    "commands",
    "errors",
    "events",
    "init",
    "management",
    "models",
    "public",
    "rules",
    "selectors",
    "serializers",
    "services",
    "tasks",
    "urls",
    "values",
    "views",
}


@dataclass
class Tree:
    """The modules of the product and of the tests, and what they import.

    Args:
        root: the checkout.
    """

    root: Path
    _parsed: dict[str, ast.Module] = field(default_factory=dict)

    @cached_property
    def files(self) -> dict[str, Path]:
        """Path of each module by its dotted name."""
        found = {}
        for top in (*APPS, "platform", "tests"):
            base = self.root / "platform" if top == "platform" else self.root
            for path in (self.root / top).rglob("*.py"):
                if path.parent.name == "migrations":
                    continue
                parts = path.relative_to(base).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def tests(self) -> list[str]:
        return sorted(name for name in self.files if name.startswith("tests.") and _last(name).startswith("test_"))

    def parsed(self, module: str) -> ast.Module:
        if module not in self._parsed:
            self._parsed[module] = ast.parse(self.files[module].read_text())
        return self._parsed[module]

    def is_door(self, module: str) -> bool:
        """Whether a module only passes on what others define."""
        body = self.parsed(module).body
        return any(isinstance(node, ast.ImportFrom) for node in body) and all(
            isinstance(node, ast.Import | ast.ImportFrom)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (isinstance(node, ast.Assign) and [_name(target) for target in node.targets] == ["__all__"])
            for node in body
        )

    def origin(self, module: str, name: str) -> str | None:
        """The module in which `name` of `module` is defined; None when it is not of this project."""
        if f"{module}.{name}" in self.files:
            return f"{module}.{name}"
        if module not in self.files:
            return None
        if self.is_door(module):
            for node in self.parsed(module).body:
                if isinstance(node, ast.ImportFrom) and node.module:
                    for alias in node.names:
                        if (alias.asname or alias.name) == name:
                            return self.origin(node.module, alias.name)
        return module

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """The modules that each imports, with names that come by a door led back to where they are defined."""
        return {module: self._imports(module) for module in self.files}

    def _imports(self, module: str) -> set[str]:
        found: set[str] = set()
        doors: dict[str, str] = {}
        used = []
        for node in ast.walk(self.parsed(module)):
            if isinstance(node, ast.Attribute):
                used.append((_name(node.value), node.attr))
            elif isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names if alias.name in self.files)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    origin = self.origin(node.module, alias.name)
                    if origin is None:
                        continue
                    if self.is_door(origin):
                        doors[alias.asname or alias.name] = origin
                    else:
                        found.add(origin)
        found.update(filter(None, (self.origin(doors[name], attribute) for name, attribute in used if name in doors)))
        return found - {module}

    @cached_property
    def imported_by(self) -> dict[str, set[str]]:
        """Who imports each module."""
        found: dict[str, set[str]] = {}
        for module, imports in self.imports.items():
            for imported in imports:
                found.setdefault(imported, set()).add(module)
        return found


def choose(tree: Tree, changed: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return the chosen test modules, each with its reason, and the changed files that concern everything.

    Args:
        tree: the checkout.
        changed: paths of changed files, relative to the root; those that are gone are passed over.
    """
    names = {path.relative_to(tree.root).as_posix(): module for module, path in tree.files.items()}
    chosen: dict[str, str] = {}
    everything = []
    for path in sorted(changed):
        if EVERYTHING.match(path):
            everything.append(path)
        elif path.startswith("tests/"):
            chosen = dict(_of_tests(tree, names[path])) | chosen if path in names else chosen
        elif path.startswith(tuple(f"{top}/" for top in (*APPS, "platform"))):
            chosen = _of_product(tree, names.get(path), path) | chosen
    return dict(sorted(chosen.items())), everything


def _of_tests(tree: Tree, module: str) -> Iterator[tuple[str, str]]:
    if module in tree.tests:
        yield module, "is changed"
    seen, waiting = {module}, [module]
    while waiting:
        for importer in tree.imported_by.get(waiting.pop(), set()) - seen:
            seen.add(importer)
            waiting.append(importer)
            if importer in tree.tests:
                yield importer, f"imports {module}"
    if _last(module) == "conftest":
        yield from ((test, f"has its fixtures from {module}") for test in tree.tests if test.startswith(module[:-8]))


def _of_product(tree: Tree, module: str | None, path: str) -> dict[str, str]:
    """Tests for a changed file of an app; `module` is None when it is no module, or is gone."""
    parts = PurePosixPath(path.removeprefix("platform/")).with_suffix("").parts
    app = parts[0]
    folder = [test for test in tree.tests if test.startswith(f"tests.{app}.")]
    found: dict[str, str] = {}
    importers = tree.imported_by.get(module or "", set())
    for test in tree.tests:
        between = sorted(name for name in tree.imports[test] & importers if name.startswith(f"{app}."))
        if test in importers:
            found[test] = f"imports {module}"
        elif between:
            found[test] = f"imports {between[0]}, which imports {module}"
    words = _words(parts[1:]) - {_stem(word) for word in (app, *GENERAL)}
    for test in folder:
        same = sorted(words & _words(test.split(".")[2:]))
        if same:
            found.setdefault(test, f"is named for {', '.join(same)}")
    return found or dict.fromkeys(folder, f"is of {app}, and no test is nearer to {path}")


def _words(parts: Iterable[str]) -> set[str]:
    """What stands in names of files and folders, whole and by words, singular or plural."""
    plain = [part.removeprefix("test_") for part in parts]
    return {_stem(word) for part in plain for word in (part, *part.split("_"))}


def _stem(word: str) -> str:
    return word.removesuffix("s")


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def changed_files(root: Path) -> list[str]:
    """Paths that differ from where this branch left `main`, or on `main` from its last commit, and new files."""

    def git(*command: str) -> list[str]:
        done = subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.splitlines() if done.returncode == 0 else []

    (base,) = git("merge-base", "HEAD", "main") or ["HEAD"]
    return sorted({*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")})


def main(given: list[str]) -> int:
    """Choose for the changed files, or for those that are given; say why, and run."""
    tree = Tree(ROOT)
    changed = given or changed_files(ROOT)
    chosen, everything = choose(tree, changed)
    for path in everything:
        print(f"{path} concerns everything: make test")
    if not chosen:
        print("no test is near what is changed" if changed else "nothing is changed")
        return 0
    width = max(len(test) for test in chosen)
    for test, reason in chosen.items():
        print(f"{test:<{width}}  {reason}")
    paths = [str(tree.files[test].relative_to(ROOT)) for test in chosen]
    # To start two processes takes longer than a few modules do in one.
    processes = "2" if len(chosen) > 3 else "0"
    options = ["-q", "-n", processes, "--dist", "worksteal", "-m", "not slow and not worker and not browser"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *paths], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
