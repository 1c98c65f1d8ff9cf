"""What every form of the members' face shares: the key of an act, texts without tricks, errors beside the field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest

from zhigong.kernel.errors import Refused

_KEY = re.compile(r"[0-9a-f]{32}")
HIDDEN_SIGNS = "有看不见的特殊字符，请删掉重新填写。"


def new_key() -> str:
    """A key for one showing of a form: sending it twice is one act."""
    return uuid4().hex


def key_of(request: HttpRequest) -> str:
    """The key the form came with; a form without one gets a key of its own."""
    sent = request.POST.get("key", "")
    return sent if _KEY.fullmatch(sent) else new_key()


class Words(forms.CharField):
    """A text of a person: trimmed, of limited length, without signs nobody can see."""

    def __init__(self, *, longest: int, lines: int = 1, **kwargs: Any) -> None:  # noqa: ANN401
        widget = forms.Textarea(attrs={"rows": lines}) if lines > 1 else forms.TextInput()
        messages = {"required": "请填写。", "max_length": f"最多 {longest:,} 字，请写短一些。"}
        messages |= kwargs.pop("error_messages", {})
        super().__init__(max_length=longest, widget=kwargs.pop("widget", widget), error_messages=messages, **kwargs)
        self.validators = [one for one in self.validators if not isinstance(one, ProhibitNullCharactersValidator)]
        self.validators.append(ProhibitNullCharactersValidator(message=HIDDEN_SIGNS))


def show_refusal(form: forms.Form, error: Refused, *, fields: Iterable[tuple[str, str]] = ()) -> None:
    """Put a refusal at the field it speaks of, else above the form. fields: label or name it may say -> field."""
    spoken = error.where or error.what
    places = list(dict.fromkeys(name for word, name in fields if word and word in spoken and name in form.fields))
    text = "".join(part if part.endswith(("。", "！", "？")) else f"{part}。" for part in _said(error, bool(places)))
    for name in places:
        form.add_error(name, text)
    if not places:
        form.add_error(None, text)


def _said(error: Refused, placed: bool) -> list[str]:  # noqa: FBT001
    where = f"{error.where}" if error.where and not placed else ""
    return [part for part in (error.what, where, error.why, error.do) if part]
