"""Production: refuses to start rather than run with something missing. Every variable: docs/operations.md."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config.openid_providers import openid_providers
from config.settings.base import *  # noqa: F403
from config.settings.base import CORS_ALLOWED_ORIGINS, DATABASES, env, origin_of


def _required(name: str) -> str:
    try:
        value = env.str(name, default="")
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error.strerror}") from error
    if not value:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production")
    return str(value)


DEBUG = False
if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must not be set in production")

SECRET_KEY = _required("SECRET_KEY")
# Former keys, newest first, while what they signed is still about: see "Rotating the secret key" in docs/operations.md.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
for _key in [SECRET_KEY, *SECRET_KEY_FALLBACKS]:
    if len(_key) < 50 or "development-only" in _key or _key.startswith("tests-only"):
        raise ImproperlyConfigured(
            "SECRET_KEY (and each of SECRET_KEY_FALLBACKS) must be at least 50 random characters"
        )
ALLOWED_HOSTS = [host.strip() for host in _required("ALLOWED_HOSTS").split(",") if host.strip()]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts: links and certificates are built from them")
PUBLIC_BASE_URL = _required("PUBLIC_BASE_URL").rstrip("/")
if not PUBLIC_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("PUBLIC_BASE_URL must be https:// in production")
if not validate_host(urlsplit(PUBLIC_BASE_URL).hostname or "", ALLOWED_HOSTS):
    raise ImproperlyConfigured("the host of PUBLIC_BASE_URL must be one of ALLOWED_HOSTS")
for _origin in CORS_ALLOWED_ORIGINS:
    if not _origin.startswith("https://") or _origin != origin_of(_origin):
        raise ImproperlyConfigured(
            f"CORS_ALLOWED_ORIGINS: {_origin} is no https:// origin (scheme, host, port; no path)"
        )
REDIS_URL = CELERY_BROKER_URL = _required("REDIS_URL")

if "default" not in DATABASES:
    raise ImproperlyConfigured("DATABASE_URL (or DATABASE_URL_FILE) must be set in production")
if env.str("EMBEDDED_DATABASE", default=""):
    raise ImproperlyConfigured("the embedded database is for development; set DATABASE_URL to a real server")

CONSENT_REVIEW_REQUIRED = env.bool("CONSENT_REVIEW_REQUIRED", default=True)
SOCIALACCOUNT_PROVIDERS = openid_providers(env.str("OPENID_PROVIDERS", default=""))
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=True)

# The proxy in front sets these headers and drops what a client sends by the same names (deploy/nginx).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# One address in X-Forwarded-For: sign-in limits count per client and not for the whole platform as one.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
# A browser takes this prefix over TLS from this very host alone (RFC 6265bis, 4.1.3.2): no neighbour of the domain can set it.
LEARNER_SESSION_COOKIE_NAME = "__Host-learner_session"
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
