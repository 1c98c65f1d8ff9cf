"""Accounts and sessions. An account says who signs in; posts (orgs) say what she may see."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from zhigong.kernel.ids import uuid7


class AccountManager(BaseUserManager["Account"]):
    """Creates accounts; passwords are hashed, never stored."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> Account:
        """A new account; without a password it can only sign in by code or by the demo."""
        account = self.model(username=username, password=make_password(password), **fields)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        """Sign-in names are compared without case."""
        return self.get(username=(username or "").lower())


class Account(AbstractBaseUser, PermissionsMixin):
    """One who signs in: a cadre, a member, or both.

    person_id is the person of the real-name base, without a foreign key: identity lies below people.
    The phone is sealed; phone_index finds it. No Django permission is ever used: rights come from posts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    email = models.EmailField(blank=True, default="")
    person_id = models.UUIDField(null=True, unique=True)
    phone_cipher = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True, max_length=32)
    phone_verified = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    is_staff = False

    class Meta:
        """One account per phone."""

        constraints = [models.UniqueConstraint(fields=["phone_index"], name="identity_account_phone")]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Sign-in names are kept in lower case."""
        self.username = self.username.lower()
        super().save(**kwargs)


class Session(AbstractBaseSession):
    """A session in the database; account and post stand in columns so that the database itself can open the scope.

    strong: a second factor was shown (or the demo let in); a session that is not strong must never act in a post.
    """

    account_id = models.UUIDField(null=True, db_index=True)
    post_id = models.UUIDField(null=True)
    strong = models.BooleanField(default=False, db_default=False)
    device = models.CharField(max_length=80, blank=True, default="", db_default="")
    started_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type:
        """The store that fills the columns."""
        from zhigong.identity.sessions import SessionStore

        return SessionStore


class OneTimeCode(models.Model):
    """A code somebody was sent: for signing in by phone, or for opening an account for the first time.

    Only a keyed hash is kept. Rows stay for a day, because limits per phone and per address are counted from them.
    """

    SIGN_IN, OPENING = 1, 2

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.PositiveSmallIntegerField()
    account_id = models.UUIDField(null=True)
    phone_index = models.BinaryField(null=True, max_length=32)
    address_index = models.BinaryField(null=True, max_length=32)
    code_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        """The limits of security.md hold in the database too: five tries, one use, a life that ends."""

        constraints = [
            models.CheckConstraint(condition=models.Q(tries__lte=5), name="identity_code_five_tries"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="identity_code_ends"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose=1, phone_index__isnull=False)
                | models.Q(purpose=2, account_id__isnull=False),
                name="identity_code_for_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["phone_index", "created_at"], name="identity_code_phone"),
            models.Index(fields=["address_index", "created_at"], name="identity_code_address"),
            models.Index(fields=["account_id", "created_at"], name="identity_code_account"),
        ]


class Outbox(models.Model):
    """Texts that would go out by SMS; the demo shows them on a page, production hands them to a provider."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField(null=True)
    phone_masked = models.CharField(max_length=20)
    text_cipher = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
