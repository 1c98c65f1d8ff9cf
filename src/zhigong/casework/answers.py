"""What a member answers: which questions are still open, and answers made into typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from zhigong.casework.judging import Judgement
from zhigong.casework.types import QuestionLine
from zhigong.catalogue.types import FieldKind, FormField, Service
from zhigong.facts.types import Plain
from zhigong.kernel.errors import Refused
from zhigong.kernel.money import parse_fen

YES, NO = frozenset({"yes", "true", "1", "on", "是"}), frozenset({"no", "false", "0", "off", "否"})
LONGEST_TEXT = 500


@dataclass(frozen=True)
class Answers:
    """Answers made into values: facts to declare, and free fields of the case."""

    facts: dict[str, Plain] = field(default_factory=dict)
    free: dict[str, Any] = field(default_factory=dict)


def open_questions(judged: Judgement, *, has_account: bool) -> tuple[FormField, ...]:
    """The questions still to be asked: facts the decision depends on and nobody knows, what screening presumed and
    nobody has said, and free fields. A bank account is asked for once."""
    missing = set(judged.decision.missing) | (set(judged.service.screening.presume) - set(judged.facts))
    return tuple(
        one
        for one in judged.service.form
        if (one.fact and one.fact in missing)
        or (one.field and not (one.kind is FieldKind.BANK_ACCOUNT and has_account))
    )


def restated(judged: Judgement) -> tuple[FormField, ...]:
    """The questions of a yearly re-check: facts of the form that no department knows, whatever she said before."""
    return tuple(
        one
        for one in judged.service.form
        if one.fact and (one.fact not in judged.facts or judged.facts[one.fact].declared)
    )


def as_typed(value: object, kind: str) -> str:
    """A value as it stands in the field of a form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == FieldKind.MONEY.value and isinstance(value, int):
        return f"{value // 100}.{value % 100:02d}" if value % 100 else str(value // 100)
    return str(value)


def question_line(one: FormField) -> QuestionLine:
    """A question as the form shows it."""
    return QuestionLine(
        fact=one.fact,
        field=one.field,
        label=one.label,
        help=one.help,
        kind=one.kind.value,
        choices=tuple((choice.value, choice.label) for choice in one.choices),
        required=one.required,
        unit=one.unit,
    )


def read_answers(service: Service, given: Mapping[str, Any], asked: tuple[FormField, ...]) -> Answers:
    """Typed answers to the questions asked; raises Refused for what is missing, malformed or not in the form."""
    by_name = {one.name: one for one in service.form}
    unknown = set(given) - set(by_name)
    if unknown:
        raise Refused("表单里没有这一项。", where="、".join(sorted(unknown)), do="请刷新页面后重新填写。")
    made, absent = Answers(), []
    for one in asked:
        raw = given.get(one.name)
        if one.kind is FieldKind.BANK_ACCOUNT:
            continue
        if raw is None or raw == "":
            absent += [one.label] if one.required else []
            continue
        (made.facts if one.fact else made.free)[one.name] = read_answer(one, raw)
    if absent:
        raise Refused("还有问题没有回答。", where="；".join(absent), do="请补充后再提交。")
    return made


def read_answer(one: FormField, raw: object) -> Plain:
    """One answer as a value of its kind; money in yuan as text, or in fen as a whole number."""
    readers = {
        FieldKind.MONEY: _money,
        FieldKind.NUMBER: _number,
        FieldKind.YES_NO: _truth,
        FieldKind.CONSENT: _consent,
        FieldKind.DATE: _date,
        FieldKind.CHOICE: _choice,
        FieldKind.TEXT: _text,
    }
    return readers[one.kind](one, raw)


def _refused(one: FormField, do: str) -> Refused:
    return Refused("这一项没有填对。", where=one.label, do=do)


def _money(one: FormField, raw: object) -> Plain:
    fen = raw if isinstance(raw, int) and not isinstance(raw, bool) else parse_fen(str(raw), where=one.label)
    if fen < 0:
        raise _refused(one, "金额不能是负数。")
    return fen


def _number(one: FormField, raw: object) -> Plain:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    text = str(raw).strip()
    if not text.removeprefix("-").isdecimal() or len(text) > 12:
        raise _refused(one, "请填写整数。")
    return int(text)


def _truth(one: FormField, raw: object) -> Plain:
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if text not in YES | NO:
        raise _refused(one, "请选择“是”或“否”。")
    return text in YES


def _consent(one: FormField, raw: object) -> Plain:
    if not _truth(one, raw):
        raise _refused(one, "不同意核对就无法办理；可以不申请，不影响您的其他权益。")
    return True


def _date(one: FormField, raw: object) -> Plain:
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        raise _refused(one, "请按 2026-03-01 这样填写日期。") from None


def _choice(one: FormField, raw: object) -> Plain:
    text = str(raw)
    if text not in {choice.value for choice in one.choices}:
        raise _refused(one, "请从给出的选项中选择。")
    return text


def _text(one: FormField, raw: object) -> Plain:
    text = str(raw).strip()
    if len(text) > LONGEST_TEXT:
        raise _refused(one, f"最多 {LONGEST_TEXT} 字。")
    return text
