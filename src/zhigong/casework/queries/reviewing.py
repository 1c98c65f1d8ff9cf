"""What a member is about to send, read and judged without keeping anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from zhigong.casework.answers import open_questions, question_line, read_answer
from zhigong.casework.judging import judge, label_of_grade
from zhigong.casework.types import FactLine, QuestionLine
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import FieldKind, FormField
from zhigong.facts.types import UNITS, Plain
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.kernel.money import format_yuan
from zhigong.rules import operations as rules

SAID = "本人填写"


@dataclass(frozen=True, slots=True)
class Review:
    """Answers in words, what is wrong with them by field name, and what the rule says with them.

    questions: all that have to be answered, also those that only these answers raise.
    """

    questions: tuple[QuestionLine, ...]
    answers: tuple[FactLine, ...]
    errors: Mapping[str, str]
    verdict: bool | None
    grade_label: str
    amount_fen: int | None


@dataclass
class _Read:
    given: Mapping[str, Any]
    on: date
    values: dict[str, Plain] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    lines: list[FactLine] = field(default_factory=list)

    def take(self, one: FormField) -> None:
        """Read one answer, or say in words what is wrong with it."""
        raw = self.given.get(one.name)
        if raw is None or raw == "":
            if one.required:
                self.errors[one.name] = "请回答这个问题。"
            return
        try:
            value = _limited(one, read_answer(one, raw), self.on)
        except Refused as refused:
            self.errors[one.name] = refused.do or refused.what
            return
        if one.fact:
            self.values[one.fact] = value
        self.lines.append(FactLine(one.name, one.label, value, _in_words(one, value), SAID, self.on, declared=True))


def review(actor: Actor, *, service_id: str, answers: Mapping[str, Any]) -> Review:
    """The member's answers to a service's open questions as `apply` would read them; writes nothing.

    answers: by fact or field name, as typed. Raises NotAllowed for an account without a person.
    """
    if actor.person_id is None:
        raise NotAllowed("请先完成实名入会。", why="这个账号还没有对应的会员档案")
    service = catalogue.service(service_id)
    judged = judge(actor, actor.person_id, service)
    known = {name: one.value for name, one in judged.facts.items()}
    read, asked, decision = _Read(answers, actor.on), list[FormField](), judged.decision
    following = [one for one in open_questions(judged, has_account=True) if one.kind is not FieldKind.BANK_ACCOUNT]
    while following:
        for one in following:
            read.take(one)
        asked += following
        decision = rules.decide(
            service.rule,
            facts={name: (known | read.values).get(name) for name in service.rule.facts},
            parameters=service.parameters(actor.on),
        )
        following = [one for one in service.form if one.fact in decision.missing and one not in asked]
    return Review(
        questions=tuple(question_line(one) for one in service.form if one in asked),
        answers=tuple(read.lines),
        errors=read.errors,
        verdict=decision.verdict,
        grade_label=label_of_grade(service, decision.grade),
        amount_fen=decision.amount,
    )


def _limited(one: FormField, value: Plain, on: date) -> Plain:
    if isinstance(value, str) and "\0" in value:
        raise Refused("这一项没有填对。", where=one.label, do="有看不见的特殊字符，请删掉重新填写。")
    if isinstance(value, date) and value > on:
        raise Refused("这一项没有填对。", where=one.label, do="不能是将来的日期。")
    if isinstance(value, int) and not isinstance(value, bool):
        low, high = one.at_least, one.at_most
        if (low is not None and value < low) or (high is not None and value > high):
            limits = [_in_words(one, limit) for limit in (low, high) if limit is not None]
            raise Refused("这一项没有填对。", where=one.label, do=f"应在 {' 至 '.join(limits)} 之间，请核对。")
    return value


def _in_words(one: FormField, value: Plain) -> str:
    if isinstance(value, bool):
        return "同意" if one.kind is FieldKind.CONSENT else ("是" if value else "否")
    if one.kind is FieldKind.MONEY and isinstance(value, int):
        return format_yuan(value).replace("元", " 元")
    if isinstance(value, int):
        return f"{value} {UNITS.get(one.unit, one.unit)}".strip()
    words = {choice.value: choice.label for choice in one.choices}
    return words.get(str(value), str(value))
