"""What the first step asks: the file, which source it is, as of when, and (optionally) the union."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from zhigong.exchange.types import SourceLine

WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".xlsm", ".et")
TEXTS = (".csv", ".txt")
WORKBOOK_BYTES = 20 * 2**20
TEXT_BYTES = 300 * 2**20
ACCEPT = ",".join((*WORKBOOKS, *TEXTS))


class UploadForm(forms.Form):
    """Step one. The file itself is judged later, by reading it; here only what can be said at once."""

    file = forms.FileField(
        label="文件",
        error_messages={"required": "请选择一个文件。", "empty": "这个文件是空的，请检查后重新选择。"},
    )
    source = forms.ChoiceField(label="这是什么文件", widget=forms.RadioSelect)
    as_of = forms.DateField(
        label="数据截至哪一天",
        help_text="名册反映的是哪一天的情况。一般就是今天。",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期请写成 2026-11-22 这样。", "required": "请填写日期。"},
    )
    union = forms.CharField(label="归入哪个工会", required=False, max_length=60)
    union_code = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sources: Sequence[SourceLine], on: date, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._on = on
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
        field.choices = [(source.name, source.title) for source in sources]
        if len(sources) == 1:
            field.required, field.initial = False, sources[0].name
        self._only = sources[0].name if len(sources) == 1 else ""

    def clean_source(self) -> str:
        """With one source there is nothing to choose."""
        return str(self.cleaned_data.get("source") or self._only)

    def clean_as_of(self) -> date:
        """A file cannot tell of days to come."""
        value: date = self.cleaned_data["as_of"]
        if value > self._on:
            raise forms.ValidationError("日期不能晚于今天。")
        return value

    def clean_file(self) -> UploadedFile[bytes]:
        """Kinds we read, and a size we take through the browser."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        name = (file.name or "").lower()
        if not name.endswith((*WORKBOOKS, *TEXTS)):
            raise forms.ValidationError("只认 Excel（xlsx、xls）和 CSV 文件。图片、Word、PDF 里的名册请先转成 Excel。")
        if name.endswith(WORKBOOKS) and (file.size or 0) > WORKBOOK_BYTES:
            raise forms.ValidationError(too_large(WORKBOOK_BYTES))
        return file


def too_large(limit: int) -> str:
    """What to do about a file that is too large for the browser."""
    return f"文件超过 {limit // 2**20} MB。请拆成几个文件，或另存为 CSV 后再传；更大的文件请数据专员用命令行导入。"
