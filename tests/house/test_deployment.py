"""The deployment files agree with the settings, and production refuses to start with anything missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from config.local.postgres import Postgres, packaged_binaries

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
# What an operator writes into .env.
DOT_ENV = {"PUBLIC_BASE_URL": "https://skills.example.org", "ALLOWED_HOSTS": "skills.example.org"}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that deploy/make-secrets fills."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which deploy/make-secrets needs, is not installed")
    folder = tmp_path_factory.mktemp("deployment") / "secrets"
    subprocess.run([str(ROOT / "deploy" / "make-secrets"), str(folder)], check=True, capture_output=True)
    return folder


def _environment(service: str, secrets: Path) -> dict[str, str]:
    """What a container of `service` has in its environment, with its secrets where this machine has them."""
    found = {"DJANGO_SETTINGS_MODULE": "config.settings.production", "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    for name, value in SERVICES[service]["environment"].items():
        text = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: DOT_ENV.get(found[1], found[2] or ""), str(value))
        found[name] = text.replace("/run/secrets", str(secrets))
    return found


def _run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


# --- what the settings read -------------------------------------------------------------------------------------------


def _variables_of_the_settings() -> set[str]:
    """Names the settings read, without those that only say where a value of another name stands."""
    sources = "".join((ROOT / "platform/config/settings" / name).read_text() for name in ("base.py", "production.py"))
    read = set(re.findall(r"""(?:env\.\w+|_required|environ\.get)\(\s*"([A-Z_]+)\"""", sources))
    return {name for name in read if name.removesuffix("_FILE") not in read - {name}}


def test_compose_sets_no_variable_that_nobody_reads() -> None:
    names = _variables_of_the_settings()
    known = names | {f"{name}_FILE" for name in names}
    granian = subprocess.run(
        [str(Path(sys.executable).parent / "granian"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    for service in OURS:
        for name in SERVICES[service]["environment"]:
            assert name in known or (name.startswith("GRANIAN_") and name in granian), f"{service}: {name}"


def test_operations_explains_every_variable() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    assert not [name for name in sorted(_variables_of_the_settings()) if f"`{name}`" not in text]


def test_every_file_that_compose_mounts_is_there() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            made = source.startswith("./deploy/secrets/")  # by deploy/make-secrets
            assert made or not source.startswith("./") or (ROOT / source).exists(), f"{name}: {source}"


def test_workers_alone_have_the_issuers_keys_and_the_role_that_issues(secrets: Path) -> None:
    having = {
        name
        for name, service in SERVICES.items()
        if any("issuer_keys" in volume for volume in service.get("volumes", []))
    }
    assert (
        having
        == {name for name, entry in SERVICES.items() if "database_worker_url" in entry.get("secrets", [])}
        == {"worker"}
    )
    assert "skills_worker:" in (secrets / "database_worker_url").read_text()
    states = {path.stem for path in (secrets / "issuer_keys").iterdir()}
    assert len(states) == 13
    assert "regional" in states


def test_every_secret_is_made_by_the_script_and_declared(secrets: Path) -> None:
    made = {path.name for path in secrets.iterdir() if path.is_file()}
    declared = COMPOSE["secrets"]
    assert made == set(declared)
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= set(declared)
        # Each *_FILE below /run/secrets names a secret that this service is given.
        for value in (service.get("environment") or {}).values():
            if str(value).startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_the_script_never_overwrites_a_secret(secrets: Path) -> None:
    before = {path: path.read_bytes() for path in secrets.rglob("*") if path.is_file()}
    subprocess.run([str(ROOT / "deploy" / "make-secrets"), str(secrets)], check=True, capture_output=True)
    assert {path: path.read_bytes() for path in secrets.rglob("*") if path.is_file()} == before
    assert secrets.stat().st_mode & 0o077 == 0


def test_only_the_migration_knows_the_owner_of_the_tables() -> None:
    for service in ("web", "worker", "beat", "proxy", "redis"):
        assert not {"database_owner_url", "database_owner_password", "postgres_password"} & set(
            SERVICES[service].get("secrets", [])
        )


def test_containers_are_hardened_and_checked() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service, name
        assert "restart" in service, name
        if name != "postgres":  # its image starts as root to make the data folder its own
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
        image = service["image"]
        assert ":" in image, f"{name}: an image without a tag"
        assert "latest" not in image or image.startswith("ai-skills-platform:"), name
        # The proxy alone can be reached from outside, and by default from this machine only.
        assert ("ports" in service) == (name == "proxy")
    assert "127.0.0.1" in SERVICES["proxy"]["ports"][0]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_the_image_is_pinned_locked_and_unprivileged() -> None:
    text = (ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.M)
    assert bases
    assert all(re.fullmatch(r"python:3\.11-slim-\w+", base) for base in bases)
    assert "--require-hashes" in text
    assert re.search(r"^USER 10001", text, re.M)
    entry = json.loads(re.search(r"^CMD (\[.*?\])\n", text, re.M | re.S)[1].replace("\\\n", ""))  # type: ignore[index]
    assert entry[0] == "granian"


def test_the_image_holds_nothing_but_the_product() -> None:
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#"]
    assert allowed[0] == "*"
    assert not [line for line in allowed if re.search(r"secret|\.git\b|\.env|tests|\.local", line)]


# --- production starts with exactly these variables -------------------------------------------------------------------


@pytest.mark.parametrize("service", ["web", "migrate"])
def test_production_passes_djangos_deployment_check(service: str, secrets: Path) -> None:
    done = _run(_environment(service, secrets), "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


# Starts the settings once per case, in one process: nothing of Django is set up by importing them.
_CASES = """
import importlib, json, os, sys
good = dict(os.environ)
answers = []
for change in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(good)
    for name, value in change.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    for module in [name for name in sys.modules if name.startswith("config.settings")]:
        del sys.modules[module]
    try:
        settings = importlib.import_module("config.settings.production")
        answers.append("starts")
    except Exception as error:
        answers.append(f"{type(error).__name__}: {error}")
json.dump(answers, sys.stdout)
"""

REFUSED: list[tuple[str, dict[str, str | None], str]] = [
    ("no secret key", {"SECRET_KEY_FILE": None}, "SECRET_KEY"),
    ("an empty secret key", {"SECRET_KEY_FILE": None, "SECRET_KEY": ""}, "SECRET_KEY"),
    ("a short secret key", {"SECRET_KEY_FILE": None, "SECRET_KEY": "short"}, "SECRET_KEY"),
    (
        "the secret key of development",
        {"SECRET_KEY_FILE": None, "SECRET_KEY": "development-only-and-never-in-production-0123456789"},
        "SECRET_KEY",
    ),
    ("a secret file that is not there", {"SECRET_KEY_FILE": "/nowhere/secret"}, "SECRET_KEY_FILE"),
    ("a short former key", {"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS"),
    ("no hosts", {"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
    ("any host", {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    ("no public address", {"PUBLIC_BASE_URL": None}, "PUBLIC_BASE_URL"),
    ("a public address without TLS", {"PUBLIC_BASE_URL": "http://skills.example.org"}, "https"),
    ("a frontend without TLS", {"CORS_ALLOWED_ORIGINS": "http://learn.example.org"}, "CORS_ALLOWED_ORIGINS"),
    ("an origin with a path", {"CORS_ALLOWED_ORIGINS": "https://learn.example.org/app"}, "CORS_ALLOWED_ORIGINS"),
    ("every origin", {"CORS_ALLOWED_ORIGINS": "*"}, "CORS_ALLOWED_ORIGINS"),
    ("a public address that no host answers", {"PUBLIC_BASE_URL": "https://other.example"}, "ALLOWED_HOSTS"),
    ("no broker", {"REDIS_URL_FILE": None}, "REDIS_URL"),
    ("no database", {"DATABASE_URL_FILE": None}, "DATABASE_URL"),
    ("another kind of database", {"DATABASE_URL_FILE": None, "DATABASE_URL": "sqlite:///x"}, "DATABASE_URL"),
    ("a database address that is none", {"DATABASE_URL_FILE": None, "DATABASE_URL": "skills"}, "DATABASE_URL"),
    ("the embedded database", {"EMBEDDED_DATABASE": "1"}, "embedded"),
    ("DEBUG", {"DEBUG": "1"}, "DEBUG"),
]
ACCEPTED: list[tuple[str, dict[str, str | None]]] = [
    ("as deployed", {}),
    ("DEBUG said to be off", {"DEBUG": "0"}),
    ("a secret that begins with a dollar sign", {"SECRET_KEY_FILE": None, "SECRET_KEY": "$" + "k" * 60}),
    ("a former key beside the new one", {"SECRET_KEY_FALLBACKS": "f" * 60}),
]


@pytest.fixture(scope="module")
def answers(secrets: Path) -> dict[str, str]:
    """What production settings say to each case."""
    cases = [(name, change) for name, change, _ in REFUSED] + ACCEPTED
    done = subprocess.run(
        [sys.executable, "-c", _CASES],
        input=json.dumps([change for _, change in cases]),
        env={"PATH": os.environ["PATH"], **_environment("web", secrets)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip([name for name, _ in cases], json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("name", "said"), [(name, said) for name, _, said in REFUSED], ids=[c[0] for c in REFUSED])
def test_production_refuses(name: str, said: str, answers: dict[str, str]) -> None:
    assert answers[name].startswith("ImproperlyConfigured: ")
    assert said in answers[name]


@pytest.mark.parametrize("name", [name for name, _ in ACCEPTED])
def test_production_starts_with(name: str, answers: dict[str, str]) -> None:
    assert answers[name] == "starts"


def test_no_refusal_repeats_a_secret(answers: dict[str, str], secrets: Path) -> None:
    values = [path.read_text().strip() for path in secrets.rglob("*") if path.is_file()]
    assert not [answer for answer in answers.values() for value in values if value in answer]


# --- the proxy and the roles ------------------------------------------------------------------------------------------


def test_the_proxy_buffers_limits_and_overwrites_what_clients_say_of_themselves() -> None:
    text = "".join((ROOT / "deploy/nginx" / name).read_text() for name in ("nginx.conf", "site.conf", "proxy.conf"))
    for directive in (
        "client_max_body_size 1m",
        "limit_req zone=requests",
        "add_header Retry-After $retry_after always",
        "proxy_request_buffering on",
        "proxy_buffering on",
        "client_header_timeout",
        "client_body_timeout",
        "send_timeout",
        "proxy_set_header X-Forwarded-Proto $forwarded_proto",
        "proxy_set_header X-Forwarded-For $remote_addr",
        "proxy_set_header X-Request-ID $carried_id",
    ):
        assert directive in text
    log_format = re.search(r"log_format(.*?);\n", text, re.S)
    assert log_format
    assert not re.search(r"\$(remote_addr|request\b|request_uri|uri|http_user_agent|http_referer)", log_format[1])


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin") is None, reason="nginx is not installed")
def test_nginx_reads_the_configuration(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy/nginx", tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.conf"):
        text = path.read_text().replace("web:8000", "127.0.0.1:8000")
        path.write_text(re.sub(r" (?:/tmp|/etc/nginx)/(?!mime)", f" {tmp_path}/", text))
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin")
    done = subprocess.run(
        [str(nginx), "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_roles_bind_the_application(tmp_path: Path) -> None:
    """The script that the postgres image runs, run by psql on a cluster of this test's own."""
    psql = packaged_binaries() / "bin" / "psql"
    if not psql.exists():
        pytest.skip("the embedded PostgreSQL brings no psql")
    (tmp_path / "database_owner_password").write_text("owner-'quoted\"\n")
    (tmp_path / "database_app_password").write_text("app-$password\n")
    (tmp_path / "database_worker_password").write_text("worker password\n")
    script = (ROOT / "deploy/postgres/10-roles.sql").read_text()
    script = script.replace("/run/secrets", str(tmp_path))
    script = script.replace("../platform/roles.sql", str(ROOT / "platform/config/local/roles.sql"))
    (tmp_path / "roles.sql").write_text(script)
    postgres = Postgres("roles", temporary=True)
    postgres.start()
    try:
        with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE deployed")
        for _ in range(2):  # a second run changes nothing
            subprocess.run(
                [
                    str(psql),
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-q",
                    "-o",
                    "/dev/null",
                    "-f",
                    str(tmp_path / "roles.sql"),
                    postgres.url("postgres", "deployed"),
                ],
                check=True,
                capture_output=True,
            )
        address = {"host": "127.0.0.1", "port": postgres.port, "dbname": "deployed", "autocommit": True}
        with (
            psycopg.connect(user="skills_owner", password="owner-'quoted\"", **address) as owner,
            psycopg.connect(user="skills_app", password="app-$password", **address) as app,
            psycopg.connect(user="skills_worker", password="worker password", **address) as worker,
        ):
            owner.execute("CREATE TABLE thing (id int PRIMARY KEY, state text)")
            owner.execute("ALTER TABLE thing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            owner.execute("CREATE POLICY own_state ON thing USING (state = current_setting('skills.state', true))")
            app.execute("SET skills.state = 'JP'")
            app.execute("INSERT INTO thing VALUES (1, 'JP')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("INSERT INTO thing VALUES (2, 'TH')")
            app.execute("SET skills.state = 'TH'")
            assert app.execute("SELECT count(*) FROM thing").fetchone() == (0,)
            for forbidden in (
                "CREATE TABLE mine (id int)",
                "DROP TABLE thing",
                "SET row_security = off; TABLE thing",
                "ALTER TABLE thing DISABLE ROW LEVEL SECURITY",
                "SET ROLE skills_owner",
            ):
                for role in (app, worker):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        role.execute(forbidden)
            # Certificates: a table from which the application's role is kept, and which a worker reaches by a role.
            owner.execute("CREATE TABLE paper (id int)")
            owner.execute("REVOKE INSERT ON paper FROM skills_app; GRANT INSERT ON paper TO skills_issuer")
            for role in (app, worker):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    role.execute("INSERT INTO paper VALUES (1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("SET ROLE skills_issuer")
            with worker.transaction():
                worker.execute("SET LOCAL ROLE skills_issuer")
                worker.execute("INSERT INTO paper VALUES (1)")
            assert worker.execute("SELECT current_user").fetchone() == ("skills_worker",)
    finally:
        postgres.stop()
