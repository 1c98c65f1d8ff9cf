"""Accounts and sessions. An account says who signs in; posts (orgs) say what she may see."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from zhigong.kernel.ids import uuid7


class AccountManager(BaseUserManager["Account"]):
    """Creates accounts; passwords are hashed, never stored."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Account:
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
    created_at = models.DateTimeField(auto_now_add=True)

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

    def save(self, **kwargs: Any) -> None:
        """Sign-in names are kept in lower case."""
        self.username = self.username.lower()
        super().save(**kwargs)


class Session(AbstractBaseSession):
    """A session in the database; account and post stand in columns so that the database itself can open the scope."""

    account_id = models.UUIDField(null=True, db_index=True)
    post_id = models.UUIDField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type:
        """The store that fills the two columns."""
        from zhigong.identity.sessions import SessionStore

        return SessionStore


class Outbox(models.Model):
    """Texts that would go out by SMS; the demo shows them on a page, production hands them to a provider."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField(null=True)
    phone_masked = models.CharField(max_length=20)
    text_cipher = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
