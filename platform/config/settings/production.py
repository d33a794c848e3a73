"""Production: refuses to start rather than run with something missing."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, MIDDLEWARE, env


def _required(name: str) -> str:
    try:
        value = env.str(name)
    except Exception:
        value = ""
    if not value:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production")
    return str(value)


DEBUG = False
if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must not be set in production")

SECRET_KEY = _required("SECRET_KEY")
if len(SECRET_KEY) < 50 or "development-only" in SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters")
ALLOWED_HOSTS = [host.strip() for host in _required("ALLOWED_HOSTS").split(",") if host.strip()]
PUBLIC_BASE_URL = _required("PUBLIC_BASE_URL").rstrip("/")
if not PUBLIC_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("PUBLIC_BASE_URL must be https:// in production")
REDIS_URL = CELERY_BROKER_URL = _required("REDIS_URL")
ISSUER_KEY_FILE = _required("ISSUER_KEY_FILE") if env.str("ISSUER_KEY_FILE", default="") else ""
if not ISSUER_KEY_FILE:
    raise ImproperlyConfigured("ISSUER_KEY_FILE must name the issuer's private key in production")
ISSUER_KEY_CREATE = False

if "default" not in DATABASES:
    raise ImproperlyConfigured("DATABASE_URL (or DATABASE_URL_FILE) must be set in production")
if env.str("EMBEDDED_DATABASE", default=""):
    raise ImproperlyConfigured("the embedded database is for development; set DATABASE_URL to a real server")

STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=True)

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
MIDDLEWARE = [*MIDDLEWARE]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
