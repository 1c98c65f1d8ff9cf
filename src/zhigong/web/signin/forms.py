"""Forms of the door, in our words. Allauth's own do the checking."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as SecondFactorReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "zg-code-input", "placeholder": ""}


def _say(form: forms.BaseForm, name: str, label: str, help_text: str = "", **attributes: str) -> None:
    """Our label and help for a field, if the form has it; allauth's placeholders go."""
    field = form.fields.get(name)
    if field is None:
        return
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update({key: value for key, value in attributes.items() if value})
    field.error_messages["required"] = f"请填写{label}。"


class PasswordForm(LoginForm):  # type: ignore[misc]
    """User name and password."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "login", "用户名", autofocus="autofocus", autocapitalize="none", spellcheck="false")
        _say(self, "password", "密码")


class AgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", "密码", autofocus="autofocus")


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "oldpassword", "当前密码")
        _say(self, "password1", "新密码", "至少 10 位；用几个互不相干的词连起来，好记又安全。")
        _say(self, "password2", "再输一遍新密码")


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """A code of the authenticator app, or a recovery code."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            "code",
            "验证码",
            "验证器应用中的 6 位数字；手机不在身边时，可输入一个备用码。",
            autofocus="autofocus",
            **_CODE,
        )


class SecondFactorAgainForm(SecondFactorReauthenticateForm):  # type: ignore[misc]
    """The same, to confirm a sensitive act."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "code", "验证码", "验证器应用中的 6 位数字。", autofocus="autofocus", **_CODE)


class ActivateAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a newly added authenticator app."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "code", "验证码", "扫码后，输入应用中显示的 6 位数字。", autofocus="autofocus", **_CODE)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey: the fingerprint, face or security key of this device."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "name", "名称", "便于日后辨认，例如「办公室电脑」。")
        _say(self, "passwordless", "以后可以只用它登录，不再输入密码")


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "name", "名称")


class PhoneForm(forms.Form):
    """A mobile number."""

    phone = forms.CharField(
        label="手机号",
        max_length=20,
        help_text="入会时登记的手机号。",
        error_messages={"required": "请填写手机号。"},
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national", "autofocus": "autofocus"}
        ),
    )


class PhoneCodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label="短信验证码",
        max_length=12,
        error_messages={"required": "请填写验证码。"},
        widget=forms.TextInput(attrs={**_CODE, "autofocus": "autofocus"}),
    )


class OpeningForm(forms.Form):
    """First sign-in of a cadre: opening code and a password of her own."""

    username = forms.CharField(
        label="用户名",
        max_length=64,
        error_messages={"required": "请填写用户名。"},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label="开通码",
        max_length=20,
        help_text="上级工会交给您的 12 位字母数字，例如 K7QM-2XRA-9TBC。",
        error_messages={"required": "请填写开通码。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="新密码",
        max_length=128,
        help_text="至少 10 位；用几个互不相干的词连起来，好记又安全。",
        error_messages={"required": "请填写新密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再输一遍新密码",
        max_length=128,
        error_messages={"required": "请再输一遍新密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords must be the same."""
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", "两次输入的密码不一样，请重新输入。")
        return data
