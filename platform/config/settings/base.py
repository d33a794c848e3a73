"""Settings common to every environment, read from environment variables.

`NAME_FILE` may name a file that holds the value of `NAME`, for secrets mounted by an orchestrator.
"""

from __future__ import annotations

import os
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config.languages import EXTRA_LANG_INFO, INTERFACE_LANGUAGES
from config.navigation import SIDEBAR
from config.openid_providers import openid_providers

BASE_DIR = Path(__file__).resolve().parents[3]


class _Values(environ.fileaware_mapping.FileAwareMapping):
    """The environment, every value taken literally.

    Of a value that stands in a file, the line break that most tools end a file with is no part. A random secret may
    begin with a dollar sign, which django-environ would take for the name of another variable: it is escaped.
    """

    def __getitem__(self, key: str) -> str:
        value = str(super().__getitem__(key))
        if os.environ.get(f"{key}_FILE"):
            value = value.rstrip("\r\n")
        value = value.replace(r"\$", r"\\$")
        return f"\\{value}" if value.startswith("$") else value


env = environ.FileAwareEnv()
env.ENVIRON = _Values()
env.escape_proxy = True


def database(url: str) -> dict[str, Any]:
    """Parse a PostgreSQL URL into Django's mapping.

    Raises:
        ImproperlyConfigured: the URL is not one of PostgreSQL's; the message never repeats the password.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it would warn of is an error just below
            parsed = dict(environ.Env.db_url_config(url))
    except Exception as error:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: expected postgresql://user:password@host:port/name"
        ) from error
    if parsed.get("ENGINE") != "django.db.backends.postgresql" or not parsed.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://user:password@host:port/name")
    parsed["ENGINE"] = "common.postgresql"
    parsed["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
    parsed["CONN_HEALTH_CHECKS"] = True
    # Connections that last one request, as behind a pooler, leave nothing on the server. On others only
    # common.database.run_prepared() prepares anything, from a statement's first call.
    threshold = 0 if parsed["CONN_MAX_AGE"] else None
    parsed["OPTIONS"] = {"prepare_threshold": threshold, **parsed.get("OPTIONS", {}), "connect_timeout": 5}
    return parsed


def origin_of(address: str) -> str:
    """Return the origin (scheme, host and port, RFC 6454) of a web address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


DATABASES: dict[str, dict[str, Any]] = {}
if "DATABASE_URL" in os.environ or "DATABASE_URL_FILE" in os.environ:
    DATABASES["default"] = database(env.str("DATABASE_URL"))
# Migrations run as the tables' owner: `manage.py migrate --database owner`. The application itself owns nothing, so that
# row-level security binds it.
if os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_OWNER_URL_FILE"):
    DATABASES["owner"] = database(env.str("DATABASE_OWNER_URL"))

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://localhost:8000").rstrip("/")

INSTALLED_APPS = [
    # Without unfold's own admin site: accounts.staff brings one that asks for the second factor.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "accounts.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "oauth2_provider",
    "corsheaders",
    "member_states",
    "accounts",
    "events",
    "privacy",
    "courses",
    "learners",
    "credentials",
    "assessments",
    "agencies",
    "config",
]

MIDDLEWARE = [
    "common.requests.RequestContextMiddleware",
    # Before all that may answer by itself: a browser asks first whether it may call, and needs that answer on errors too.
    "corsheaders.middleware.CorsMiddleware",
    "common.conditional.EntityTagMiddleware",
    "config.content_security.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.SessionMiddleware",
    "config.middleware.LocaleMiddleware",
    "common.errors.ProblemMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.AuthenticationMiddleware",
    "config.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.RetryAfterMiddleware",
    "accounts.middleware.SignInBodyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.UserSessionsMiddleware",
    "common.query_parameters.QueryParametersMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Argon2id with the parameters of the OWASP Password Storage Cheat Sheet; see accounts.hashers.
PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.OpaqueStringValidator"},
]
# It is Django's ModelBackend with sign-in by e-mail; both together would hash each wrong password twice.
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]

# Django knows no name for some of the programme's languages, and the admin fails on a language it cannot name.
LANG_INFO.update(EXTRA_LANG_INFO)
LANGUAGES = [(code, name) for code, name in INTERFACE_LANGUAGES]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "platform" / "common" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["common.rendering.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.negotiation.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["common.rendering.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.LearnerTokenAuthentication",
        "accounts.authentication.LearnerSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "common.openapi.ProblemAutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [],
    "EXCEPTION_HANDLER": "common.errors.problem_handler",
    # The header Accept alone decides: `?format=` is a parameter as any other, and none of ours.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    # What else is said at the head of a document: config.api_documents.
    "TITLE": "AI Skills Platform of Japan and ASEAN",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/(api|agency)/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # What a PATCH takes has members that must be there, like every other input.
    "COMPONENT_SPLIT_PATCH": False,
    # Docstrings are for who reads the code.
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    # An enum is named by what it lists.
    "ENUM_NAME_OVERRIDES": {
        "ActivityKindEnum": ["lesson", "quiz"],
        "AnswerCountBandEnum": "agencies.feed.rules.COUNT_BANDS",
        "AppealKindEnum": "assessments.appeals.rules.KINDS",
        "AppealOutcomeEnum": "assessments.appeals.rules.OUTCOMES",
        "AttemptStateEnum": ["live", "expired", "marking", "graded"],
        # Appeals too.
        "CaseStateEnum": "learners.assessors.models.LevelAssessment.State",
        "CertificateStatusEnum": "credentials.certificates.models.Certificate.Status",
        "ConfidenceBandEnum": "agencies.feed.rules.CONFIDENCE_BANDS",
        "CorrectionStateEnum": ["open", "approved", "refused"],
        "CriterionKindEnum": ["completion", "skill"],
        "DocumentKindEnum": ["course", "lesson"],
        "FileMediaTypeEnum": "assessments.files.rules.MEDIA_TYPES",
        "LessonsDoneBandEnum": "agencies.feed.rules.SHARE_BANDS",
        "LevelAssessmentOutcomeEnum": ["given", "refused"],
        "LevelCauseEnum": ["evidence", "assessors", "appeal", "review"],
        "MissedPartEnum": ["whole", "section", "skill"],
        "QuizModeEnum": "assessments.quizzes.rules.MODES",
        "RenewalAskedEnum": ["asked", "renewed"],
        "RenewalStateEnum": ["too_early", "open", "missing", "renewed", "withdrawn", "retired"],
        "RuleStandingEnum": ["value", "no_rule", "unknown"],
        "ShareStateEnum": ["open", "revoked", "expired", "used_up"],
        "ShownFieldEnum": "credentials.sharing.models.ShownField",
        "ShownWorkKindEnum": "learners.api.level_assessments.WORK_KINDS",
        "TranslationStateEnum": "courses.api.schemas.TRANSLATIONS",
        "VerdictReasonEnum": [
            "not_a_credential",
            "other_issuer",
            "bad_signature",
            "differs_from_the_stored",
            "not_stored",
        ],
        "WritingDirectionEnum": ["ltr", "rtl"],
    },
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "common.openapi.mark_nullable_enums",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.openapi.describe",
    ],
}

# People sign in through allauth's headless API; frontends get a short access token and a rotating refresh token.
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_UNIQUE_EMAIL = True
# An address that is taken signs up like any other; whoever confirms it has it.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_USERNAME_MIN_LENGTH = 1  # accounts.usernames counts by script
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
# People may also sign in with an account elsewhere, at the OpenID Connect providers that are named here as JSON; none by default.
SOCIALACCOUNT_PROVIDERS = openid_providers(env.str("OPENID_PROVIDERS", default=""), plain_http=True)
SOCIALACCOUNT_ADAPTER = "accounts.provider_accounts.ProviderAccountAdapter"
# A new account goes through the form with a user name, as every account does; an address links no two accounts, confirmed or not.
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_TOKEN_STRATEGY = "accounts.tokens.TokenStrategy"
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 60 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = env.bool("ACCESS_TOKEN_STATEFUL", default=False)
SESSION_COOKIE_AGE = 60 * 24 * 3600
# Two cookies (config.middleware.SessionMiddleware): staff's is sent to the admin and nowhere else; learners' is set by
# /auth/browser. Neither can be read by a script, and neither goes along with what another site's page sends.
SESSION_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LEARNER_SESSION_COOKIE_NAME = "learner_session"
# Where the links in mails lead: the frontend, which is not ours.
FRONTEND_BASE_URL = (env.str("FRONTEND_BASE_URL", default="") or PUBLIC_BASE_URL).rstrip("/")
# Which web frontends may call from a page of another origin (the Fetch standard's CORS protocol). Calls carry tokens, and no
# cookie goes along (/auth/browser is for pages of this origin), so what a listed page can do is what its learner has signed in
# for. Agencies call from servers: no page of another origin is let in at /agency.
CORS_ALLOWED_ORIGINS = sorted({origin_of(FRONTEND_BASE_URL), *env.list("CORS_ALLOWED_ORIGINS", default=[])})
CORS_URLS_REGEX = r"^/(api|auth/app|verify|shared|achievements|issuers|status|log|ims|problems|\.well-known)(/|$)"
CORS_ALLOW_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
CORS_ALLOW_HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
    # allauth's: a sign-in that is not finished yet, and the keys of links in mails.
    "x-email-verification-key",
    "x-password-reset-key",
    "x-session-token",
)
CORS_EXPOSE_HEADERS = ("Content-Language", "ETag", "Link", "Location", "Retry-After", "X-Request-ID")
# As long as Chromium keeps it; each costs a phone a round trip.
CORS_PREFLIGHT_MAX_AGE = 7200
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": FRONTEND_BASE_URL + "/verify-email/{key}",
    "account_reset_password": FRONTEND_BASE_URL + "/reset-password",
    "account_reset_password_from_key": FRONTEND_BASE_URL + "/reset-password/{key}",
    "account_signup": FRONTEND_BASE_URL + "/sign-up",
}
# Limits by address, as amount/period/ip, several with commas, empty for none: so many at once, and then one every
# period/amount. They are counted in PostgreSQL, so they hold over all web processes without a shared cache. Learners of one
# training room or mobile network share an address, so all are wide; guesses at one name are limited by accounts.failed_attempts.
RATE_LIMITS = {
    "signup": env.str("RATE_LIMIT_SIGNUP", default="60/m/ip"),
    "login": env.str("RATE_LIMIT_LOGIN", default="300/m/ip"),
    "login_failed": env.str("RATE_LIMIT_LOGIN_FAILED", default="120/m/ip"),
    # Certificates that anybody pastes or uploads, and lists of them; looking one up by its code is not counted.
    "verify": env.str("RATE_LIMIT_VERIFY", default="60/m/ip"),
    "verify_many": env.str("RATE_LIMIT_VERIFY_MANY", default="30/m/ip"),
}
# allauth's own stay for what a signed-in person does and for mails: a minute each. Those above replace these.
ACCOUNT_RATE_LIMITS = {"signup": "", "login": "", "login_failed": ""}
# Proxies of ours in front of the web server: which entry of X-Forwarded-For is the client. None by default.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000, "CULL_FREQUENCY": 2},
    }
}
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "AI Skills Platform"
# A passkey that checks its owner (finger, face, PIN) is both factors, and signs in without a user name.
MFA_PASSKEY_LOGIN_ENABLED = True
# As wide as signing in by a password: a training room shares an address, and there is nothing to guess.
MFA_RATE_LIMITS = {"webauthn_login": env.str("RATE_LIMIT_LOGIN", default="60/m/ip")}
# The domain that passkeys belong to, for good: a browser uses one on pages of this domain and those below it (WebAuthn's RP ID).
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", default="") or urlsplit(FRONTEND_BASE_URL).hostname or "localhost"
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=False)
# A session of the admin ends after half a day; a learner's lives as long as its refresh token.
STAFF_SESSION_AGE_S = env.int("STAFF_SESSION_AGE_S", default=12 * 3600)
# Whether a state is open to learners only once a person has reviewed, in its main language, the consent without which nobody
# learns.
CONSENT_REVIEW_REQUIRED = env.bool("CONSENT_REVIEW_REQUIRED", default=False)
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@localhost")

# Agencies sign in by OAuth 2 client credentials with short tokens.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 900,
    "SCOPES": {
        "progress:read": "Learner-level progress of consenting learners",
        "statistics:read": "Aggregated statistics",
    },
    "DEFAULT_SCOPES": ["progress:read", "statistics:read"],
    "ALLOWED_GRANT_TYPES": ["client_credentials"],
    # The current best practice for OAuth 2.0 (RFC 9700): nothing of the older grants is on, a token travels in the
    # Authorization header only, and the database holds its hash.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# Redis carries wake-ups only: a lost message delays work by one beat and loses nothing.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "health_check_interval": 15,
    # A wake-up that a worker took is gone from Redis; one that dies with the worker is sent anew by beat.
    "ack_emulation": False,
}
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "common.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "common.logs.JsonFormatter"}},
    "handlers": {
        "nowhere": {"class": "logging.NullHandler"},
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Django writes the path of every 4xx here; the request log below has status and route without ids.
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        # Scanners try every host name; the refusal is in the request log. (Without any handler Python would write it as text.)
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# The issuers' keys: a folder with an Ed25519 private key in PEM (PKCS#8) for each, `<issuer>.pem`. Only workers need it.
ISSUER_KEY_DIR = env.str("ISSUER_KEY_DIR", default="")
ISSUER_KEY_PASSWORD = env.str("ISSUER_KEY_PASSWORD", default="")
ISSUER_KEY_CREATE = False
# Instead of files: the dotted name of a callable that returns a credentials.certificates.signer.KeyService.
ISSUER_KEY_SERVICE = env.str("ISSUER_KEY_SERVICE", default="")
# A copy of 1EdTech's ob_v3p0_achievementcredential_schema.json: checked before signing beside our own closed profile.
# "pair": an entry in a revocation list and one in a suspension list, as Verifiable Credentials 2.0 allow. "single": the
# first alone, as Open Badges 3.0 and 1EdTech's schema ask; suspension is then shown by our own pages only.
CREDENTIAL_STATUS = env.str("CREDENTIAL_STATUS", default="pair")
if CREDENTIAL_STATUS not in ("pair", "single"):
    raise ImproperlyConfigured("CREDENTIAL_STATUS must be pair or single")
OPEN_BADGES_SCHEMA_FILE = env.str("OPEN_BADGES_SCHEMA_FILE", default="")
# The regional issuer's name, and the beginning of the others': stands on every certificate.
ISSUER_NAME = env.str("ISSUER_NAME", default="AI Skills Platform of Japan and ASEAN")
CREDENTIAL_VALIDITY = timedelta(days=env.int("CREDENTIAL_VALIDITY_DAYS", default=36 * 30))
# The transparency log: its name, and its Ed25519 key, which is not the issuer's. Development makes one.
_HOST_AND_PATH = PUBLIC_BASE_URL.partition("://")[2]
LOG_ORIGIN = env.str("LOG_ORIGIN", default=f"{_HOST_AND_PATH}/log")
LOG_KEY_FILE = env.str("LOG_KEY_FILE", default="")
LOG_KEY_PASSWORD = env.str("LOG_KEY_PASSWORD", default="")
LOG_KEY_CREATE = WITNESS_KEY_CREATE = False
# Who witnesses it: `<verifier key> <address>`, separated by commas.
LOG_WITNESSES = env.list("LOG_WITNESSES", default=[])
LOG_CHECKPOINT_EVERY_S = env.float("LOG_CHECKPOINT_EVERY_S", default=5.0)
# Where this installation witnesses others: its key for that, and the verifier keys of the logs it knows.
WITNESS_NAME = env.str("WITNESS_NAME", default=f"{_HOST_AND_PATH}/log/witness")
WITNESS_KEY_FILE = env.str("WITNESS_KEY_FILE", default="")
WITNESS_KEY_PASSWORD = env.str("WITNESS_KEY_PASSWORD", default="")
WITNESSED_LOGS = env.list("WITNESSED_LOGS", default=[])
# Who sends it to /readyz is told how each part does; strangers get one word. Empty: nobody is told by HTTP.
READYZ_TOKEN = env.str("READYZ_TOKEN", default="")
# /readyz reports the outbox as late when the oldest delivery waits longer than this.
OUTBOX_LAG_WARNING_S = env.int("OUTBOX_LAG_WARNING_S", default=60)
# How often the published statistics are counted anew, in seconds.
STATISTICS_REFRESH_S = env.float("STATISTICS_REFRESH_S", default=900.0)
# For how long a feed keeps the tombstone of a withdrawn learner; an older cursor starts anew.
AGENCY_TOMBSTONE_DAYS = env.int("AGENCY_TOMBSTONE_DAYS", default=90)
# For how long after the end of its grant an agency can pull the tombstones of its learners.
AGENCY_LAST_PULL_DAYS = env.int("AGENCY_LAST_PULL_DAYS", default=30)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "AI Skills Platform",
    "SITE_HEADER": "AI Skills Platform",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": SIDEBAR,
    "DASHBOARD_CALLBACK": "config.dashboard.notices",
    "ACCOUNT": {
        "navigation": [
            {"title": "Second factor", "link": reverse_lazy("admin:second_factor_settings")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
}
