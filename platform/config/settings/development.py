"""Development and demo: embedded or given services, DEBUG on, a throw-away secret."""

import os
from pathlib import Path

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, DATABASES, RATE_LIMITS, database, env

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-and-never-in-production-0123456789")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])

if "default" not in DATABASES:
    # Commands that need no database (schema, makemigrations --check, mypy's plugin) still import the settings.
    DATABASES["default"] = database("postgresql://skills_app@127.0.0.1:1/skills")

if not env.str("ISSUER_KEY_DIR", default=""):
    ISSUER_KEY_DIR = str(Path(os.environ.get("LOCAL_STATE", BASE_DIR / ".local")) / "issuer-keys")
ISSUER_KEY_CREATE = True
if not env.str("LOG_KEY_FILE", default=""):
    LOG_KEY_FILE = str(Path(os.environ.get("LOCAL_STATE", BASE_DIR / ".local")) / "log-key.pem")
LOG_KEY_CREATE = WITNESS_KEY_CREATE = True

# A cohort of hundreds signs up from one address within a minute.
RATE_LIMITS = {
    **RATE_LIMITS,
    "signup": env.str("RATE_LIMIT_SIGNUP", default=""),
    "login": env.str("RATE_LIMIT_LOGIN", default=""),
}
# A frontend's development server runs on any port of this machine.
CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"]
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")

READYZ_TOKEN = env.str("READYZ_TOKEN", default="development")
STATISTICS_REFRESH_S = 10.0
