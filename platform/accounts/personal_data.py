"""What the tables of accounts hold of people; those of Django and allauth by which people sign in among them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from accounts.failed_attempts import KNOWN_FOR
from common.personal_data import ACCOUNT_LIVES, Basis, Erasure, Retention, Seen, Table, Use

_ACCOUNT = Use("account", Basis.SERVICE, ACCOUNT_LIVES, (Seen.OWNER, Seen.STAFF), Erasure.DELETED)
_SECURITY = Use("security", Basis.SECURITY, ACCOUNT_LIVES, (Seen.OWNER,), Erasure.DELETED)
_SESSION_LIVES = Retention(until="after the last use", for_=timedelta(seconds=settings.SESSION_COOKIE_AGE))
_SESSIONS = Use("security", Basis.SECURITY, _SESSION_LIVES, (Seen.OWNER,), Erasure.DELETED)
_STAFF = Use("accountability", Basis.PUBLIC_OFFICE, ACCOUNT_LIVES, (Seen.STAFF,), Erasure.DELETED)
# Keyed hashes or addresses that belong to no account; they go by themselves.
_LIMITS = Use("security", Basis.SECURITY, Retention(until="until the limit is over"), (Seen.NOBODY,), Erasure.EXPIRES)

TABLES = (
    Table(
        "accounts.User",
        _ACCOUNT,
        subject="pk",
        personal="username skeleton email",
        pseudonymous="id",
        # A digest of a secret is worth as much as the secret where it was chosen badly.
        sensitive="password",
        none="last_login is_superuser is_staff is_active date_joined member_state tokens_valid_from groups user_permissions",
    ),
    Table("accounts.User_groups", _ACCOUNT, subject="user", pseudonymous="user", none="id group"),
    Table("accounts.User_user_permissions", _ACCOUNT, subject="user", pseudonymous="user", none="id permission"),
    Table("auth.Permission", none="id name content_type codename"),
    Table("auth.Group", none="id name permissions"),
    Table("auth.Group_permissions", none="id group permission"),
    Table(
        "account.EmailAddress",
        _ACCOUNT,
        subject="user",
        personal="email",
        pseudonymous="user",
        none="id verified primary",
    ),
    Table(
        "account.EmailConfirmation",
        _SECURITY,
        subject="email_address__user",
        sensitive="key",
        pseudonymous="email_address",
        none="id created sent",
    ),
    Table("socialaccount.SocialApp", none="id provider provider_id name client_id secret key settings"),
    Table(
        "socialaccount.SocialAccount",
        _ACCOUNT,
        subject="user",
        personal="uid extra_data",
        pseudonymous="user",
        none="id provider last_login date_joined",
    ),
    Table(
        "socialaccount.SocialToken",
        _SECURITY,
        subject="account__user",
        sensitive="token token_secret",
        pseudonymous="account",
        none="id app expires_at",
    ),
    Table(
        "mfa.Authenticator",
        _SECURITY,
        subject="user",
        sensitive="data",
        pseudonymous="user",
        none="id type created_at last_used_at",
    ),
    Table(
        "usersessions.UserSession",
        _SESSIONS,
        subject="user",
        personal="ip user_agent",
        sensitive="session_key",
        pseudonymous="user",
        none="id created_at last_seen_at data",
    ),
    Table(
        "sessions.Session",
        Use("security", Basis.SECURITY, _SESSION_LIVES, (Seen.NOBODY,), Erasure.DELETED_APART),
        sensitive="session_key",
        pseudonymous="session_data",
        none="expire_date",
    ),
    Table(
        "admin.LogEntry",
        _STAFF,
        subject="user",
        personal="object_repr change_message",
        pseudonymous="user object_id",
        none="id action_time content_type action_flag",
        of_others="object_repr change_message object_id",
    ),
    Table(
        "accounts.RefreshChain",
        Use("security", Basis.SECURITY, _SESSION_LIVES, (Seen.NOBODY,), Erasure.DELETED_APART),
        pseudonymous="session",
        # Names of tokens, not the tokens.
        none="newest newest_expires_at presented",
    ),
    Table(
        "accounts.RecoveryCode",
        _SECURITY,
        subject="user",
        sensitive="digest",
        pseudonymous="user handed_over_by",
        none="id made_at expires_at used_at",
        of_others="handed_over_by",
    ),
    Table("accounts.Rate", _LIMITS, personal="key", none="full_until"),
    Table("accounts.FailureCount", _LIMITS, pseudonymous="key", none="failures blocked_until forgotten_at"),
    Table(
        "accounts.KnownAddress",
        Use(
            "security",
            Basis.SECURITY,
            Retention(until="after the last sign-in from there", for_=KNOWN_FOR),
            (Seen.NOBODY,),
            Erasure.EXPIRES,
        ),
        pseudonymous="key",
        none="seen_at",
    ),
    Table("contenttypes.ContentType", none="id app_label model"),
)
