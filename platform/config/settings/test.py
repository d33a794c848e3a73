"""Tests: real PostgreSQL and Redis, this process's own unless DATABASE_URL and REDIS_URL name others."""

import os
import tempfile
from pathlib import Path

from config.local.session import services_for_this_process

if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    os.environ.update(services_for_this_process())

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES

DEBUG = False
SECRET_KEY = "tests-only-" + "0123456789" * 5
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL", "http://testserver").rstrip("/")

# Tests own their tables; row-level security is FORCEd, so that it binds the owner as well.
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES.pop("owner", None)
ISSUER_KEY_FILE = os.environ.get("ISSUER_KEY_FILE") or str(Path(tempfile.mkdtemp(prefix="issuer-")) / "key.pem")
ISSUER_KEY_CREATE = True
