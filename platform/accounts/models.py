"""People who sign in: learners and staff. What a learner is to the programme stands in `learners`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import passwords, usernames
from common import clock
from common.ids import new_id


class SkeletonField(models.CharField):
    """What the user name looks like (`accounts.usernames.skeleton`), worked out whenever a row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = usernames.skeleton(model_instance.username)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, value)
        return value


class Accounts(UserManager["User"]):
    """Django's manager; passwords are prepared on this way too."""

    def _create_user_object(self, username: str, email: str | None, password: str | None, **more: Any) -> User:
        user: User = super()._create_user_object(username, email, None, **more)  # type: ignore[misc]
        user.set_password(password)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """One account. There are no name fields: a name is the learner's profile's, and many people have no family name.

    An address that nobody confirmed may stand at several accounts: a constraint would tell strangers that it is taken. allauth
    keeps confirmed ones apart (`account_emailaddress`).
    Personal data: user name and, if given, e-mail address.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(
        max_length=150,
        unique=True,
        verbose_name=_("username"),
        validators=[usernames.validate],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    # Of two names that look alike in different scripts one is there. NFD: longer than the name.
    skeleton = SkeletonField(max_length=600, unique=True, editable=False)
    email = models.EmailField(_("email address"), blank=True, default="")
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())
    # Limits a member-state administrator to learners of this state; empty for trainers, reviewers and learners.
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT, null=True, blank=True)
    # Access tokens issued before this instant are refused: "sign out everywhere", and a new password.
    tokens_valid_from = models.DateTimeField(null=True, blank=True, editable=False)

    objects = Accounts()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        # A new password, wherever it was set, ends all tokens and sessions. (Django sets `_password` then, and not when it
        # renews the hash of the same password.)
        if self._password is not None and not self._state.adding:
            self.tokens_valid_from = clock.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "tokens_valid_from"}
        super().save(*args, **kwargs)

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        # Django cleans a form's user whose name was refused already.
        return usernames.prepared(username) if isinstance(username, str) else username

    def set_password(self, raw_password: str | None) -> None:
        """Keep the hash of the password as RFC 8265 prepares it (accounts.passwords)."""
        super().set_password(None if raw_password is None else passwords.prepare(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password, however it was typed; one that was hashed as typed is hashed anew as prepared."""
        if raw_password is None:
            return False
        ready = passwords.prepare(raw_password)
        if super().check_password(ready):
            return True
        if ready == raw_password or not super().check_password(raw_password):
            return False
        self.set_password(raw_password)
        self._password = None  # the same password: it ends no session
        self.save(update_fields=["password"])
        return True

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Sessions carry this hash, so that "sign out everywhere" ends them all, whoever made them.
        salt = "accounts.User.get_session_auth_hash"
        value = f"{self.password}|{self.tokens_valid_from.timestamp() if self.tokens_valid_from else ''}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class RefreshChain(models.Model):
    """The refresh tokens of one session, of which two matter: the newest, and the one that was exchanged for it.

    Goes with its session. A session of the admin, or of a cookie, has none. Personal data: none by itself.
    """

    # The database deletes it with the session (migration 0003), so that ending many sessions stays one statement.
    session = models.OneToOneField(
        "sessions.Session", on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True
    )
    newest = models.UUIDField()  # `jti` of the token that was handed out last; it has not been presented yet
    newest_expires_at = models.DateTimeField()
    # `jti` of the token that was presented last: presented again, it gets the newest one again. Null before the first refresh.
    presented = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"chain of a session, newest token {self.newest}"


class RecoveryCode(models.Model):
    """A code that lets its owner set a new password, once; `digest` is a slow hash of it, and nothing can show it again.

    Personal data: whose it is, and which member of staff handed it over; goes with the account.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # of what was handed over; the owner's own codes do not expire
    used_at = models.DateTimeField(null=True)
    handed_over_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            # What was given is looked up by it.
            models.UniqueConstraint(fields=["user", "digest"], name="a_recovery_code_is_one"),
        ]
        indexes = [
            # Pruned by it.
            models.Index(
                fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="recovery_codes_by_end"
            )
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"


class Rate(models.Model):
    """How much of a limit by address is used: full until then, so that the next one may pass a little before it.

    The table is unlogged: rows matter for minutes. Personal data: `key` holds the action and the caller's address.
    """

    key = models.CharField(max_length=120, primary_key=True)
    full_until = models.DateTimeField()

    class Meta:
        # Pruned by it.
        indexes = [models.Index(fields=["full_until"], name="rates_by_end")]

    def __str__(self) -> str:
        return self.key


class FailureCount(models.Model):
    """Failed attempts at a name, at a name from one address; `key` is a keyed hash of them.

    The table is unlogged: losing it in a crash of the database gives guessers a few tries more. Personal data: pseudonyms.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField()
    blocked_until = models.DateTimeField()  # until then no attempt is made
    forgotten_at = models.DateTimeField()  # without another failure

    class Meta:
        # Pruned by it.
        indexes = [models.Index(fields=["forgotten_at"], name="failures_by_end")]

    def __str__(self) -> str:
        return f"{self.failures} failures"


class KnownAddress(models.Model):
    """An account has signed in from an address; `key` is a keyed hash of both. Personal data: pseudonyms."""

    key = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        # Pruned by it.
        indexes = [models.Index(fields=["seen_at"], name="known_addresses_by_time")]

    def __str__(self) -> str:
        return self.key
