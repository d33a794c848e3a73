"""Tests: real PostgreSQL and Redis, this process's own unless DATABASE_URL and REDIS_URL name others."""

import os
import tempfile

from config.local.session import services_for_this_process

# Tests run in several processes, each with services of its own: a test may flush Redis or kill PostgreSQL. What another
# test process started and this one inherited is not ours; what somebody named is everybody's.
_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("TEST_SERVICES_OF", _process) != _process:
    for _name in os.environ.pop("TEST_SERVICES_NAMES", "").split():
        os.environ.pop(_name, None)
if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    _started = services_for_this_process()
    os.environ.update(_started, TEST_SERVICES_OF=_process, TEST_SERVICES_NAMES=" ".join(_started))

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES  # noqa: E402

DEBUG = False
SECRET_KEY = "tests-only-" + "0123456789" * 5
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL", "http://testserver").rstrip("/")

# Tests own their tables; row-level security is FORCEd, so that it binds the owner as well.
# A thread of a test must leave no connection behind; load tests of the real web server keep them, as production does.
DATABASES["default"]["CONN_MAX_AGE"] = int(os.environ.get("DATABASE_CONN_MAX_AGE", "0"))
DATABASES.pop("owner", None)
READYZ_TOKEN = os.environ.get("READYZ_TOKEN", "tests")
ISSUER_KEY_DIR = os.environ.get("ISSUER_KEY_DIR") or tempfile.mkdtemp(prefix="issuer-")
ISSUER_KEY_CREATE = True
LOG_KEY_FILE = os.environ.get("LOG_KEY_FILE") or str(Path(tempfile.mkdtemp(prefix="log-")) / "key.pem")
LOG_KEY_CREATE = WITNESS_KEY_CREATE = True
# The origin follows the address that is set above, not the default's.
LOG_ORIGIN = os.environ.get("LOG_ORIGIN") or PUBLIC_BASE_URL.partition("://")[2] + "/log"
WITNESS_NAME = os.environ.get("WITNESS_NAME") or LOG_ORIGIN + "/witness"
