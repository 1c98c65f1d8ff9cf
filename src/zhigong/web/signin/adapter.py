"""What django-allauth asks us: our words, where to go, when a fresh proof is needed, and how its secrets are kept."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from zhigong.identity import operations
from zhigong.identity import queries as identity
from zhigong.identity.types import DEVICE_KEY, STARTED_KEY
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.kernel.vault import vault
from zhigong.web.signin.devices import device_name

LOCKED = "失败次数太多，已暂时锁定。请 15 分钟后再试，或联系上级工会。"


def _actor(request: HttpRequest) -> Actor | None:
    """Whom the scope of this request was opened for."""
    return getattr(request, "actor", None)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts: nobody signs herself up here, and a fresh proof is one of the last five minutes, whatever its kind."""

    error_messages: ClassVar[dict[str, str]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "这个账号已停用，请联系上级工会。",
        "incorrect_code": "验证码不对，请查看验证器上当前的 6 位数字。",
        "incorrect_password": "密码不对，请重新输入。",
        "enter_current_password": "当前密码不对，请重新输入。",
        "username_password_mismatch": "用户名或密码不对，请检查后重新输入。",
        "invalid_login": "用户名或密码不对，请检查后重新输入。",
        "too_many_login_attempts": LOCKED,
        "rate_limited": "操作太频繁，请稍等一会儿再试。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by the upper union or by joining."""
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, and note when and with what; the demo's accounts have no second factor and say so."""
        if settings.DEMO:
            record_authentication(request, user, "demo")
        methods = [record["method"] for record in get_authentication_records(request, user)]
        operations.record_sign_in(by=_actor(request), account_id=user.pk, methods=methods, now=now())
        super().login(request, user)
        request.session[STARTED_KEY] = now().isoformat()
        request.session[DEVICE_KEY] = device_name(request.headers.get("User-Agent", ""))

    def authentication_failed(self, request: HttpRequest, **credentials: object) -> None:
        """A wrong name or password leaves a trace too."""
        operations.record_sign_in(by=_actor(request), account_id=None, methods=["password"], refused=True, now=now())

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Changing one's password ends one's other sessions."""
        key = self.request.session.session_key or ""
        by = _actor(self.request)
        operations.set_password(by=by, account_id=user.pk, password=password, keep_session=key, now=now())
        user.refresh_from_db(fields=["password"])

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Only when the last proof is older than five minutes: enrolling right after signing in asks nothing twice."""
        return not identity.is_stepped_up(self.request.session, now=now())

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The ways an account can prove itself again, in our words."""
        words = {
            "reauthenticate": "用密码确认",
            "mfa_reauthenticate": "用验证器确认",
            "mfa_reauthenticate:webauthn": "用通行密钥确认",
        }
        found = super().get_reauthentication_methods(user)
        return [{**method, "description": words.get(method["id"], method["description"])} for method in found]

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Allauth's own notices are left out: our pages say what happened."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets are sealed, the last one stays, labels are ours."""

    error_messages: ClassVar[dict[str, str]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "验证码不对，请查看验证器上当前的 6 位数字。",
        "cannot_delete_authenticator": "这是您最后一种第二验证方式，不能停用。请先添加另一种。",
        "cannot_generate_recovery_codes": "请先启用验证器或通行密钥。",
    }

    # Allauth gives no row, so these secrets are bound to their column only.
    _ROW = UUID(int=0)

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or a recovery seed."""
        return b64encode(vault().field("mfa_authenticator.data").seal(text, self._ROW)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what encrypt sealed."""
        return vault().field("mfa_authenticator.data").open(b64decode(encrypted_text), self._ROW)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last real factor cannot be removed: a cadre always has one."""
        kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=kinds).exclude(
            pk=authenticator.pk
        )
        return bool(others.exists())

    def _get_site_name(self) -> str:
        return "智工"
