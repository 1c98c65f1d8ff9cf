"""The member's acts on a case: supplying, objecting, rating, taking back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from zhigong.casework.types import QuestionLine, RecheckLine, SupplementLine
from zhigong.web.member.cases.wording import STARS
from zhigong.web.member.posting import Words
from zhigong.web.member.services.forms import QuestionsForm

LONGEST = 1000


def _five(text: str) -> str:
    if len(text.strip()) < 5:
        raise forms.ValidationError("请写明理由，至少五个字；复核的人会看到。")
    return text


class ObjectForm(forms.Form):
    """Why the decision, or the notice, is thought wrong."""

    use_required_attribute = False
    text = Words(
        label="哪里不对",
        longest=LONGEST,
        lines=4,
        validators=[_five],
        help_text="写清楚哪一条不对、实际情况是什么。请不要写身份证号和银行卡号。",
        error_messages={"required": "请写明理由。"},
    )


class RateForm(forms.Form):
    """One to five, and a word if she likes."""

    use_required_attribute = False
    score = forms.TypedChoiceField(
        label="这次办得怎么样",
        coerce=int,
        choices=[(score, f"{score} 分，{word}") for score, word in STARS],
        widget=forms.RadioSelect,
        error_messages={"required": "请先选一个分数。", "invalid_choice": "评分是 1 到 5 分。"},
    )
    text = Words(label="想说的话", longest=500, lines=2, required=False)


class SupplyForm(QuestionsForm):
    """The questions asked again, and her own words; words are a must where nothing else is asked."""

    def __init__(self, *args: Any, questions: Iterable[QuestionLine], **kwargs: Any) -> None:  # noqa: ANN401
        asked = tuple(questions)
        super().__init__(*args, questions=asked, **kwargs)
        self.fields["supply_text"] = Words(
            label="补充说明",
            longest=LONGEST,
            lines=3,
            required=not asked,
            help_text="请不要写身份证号和银行卡号。需要交纸质材料的，交给经办工会即可。",
            error_messages={"required": "请写明补充的内容。"},
        )


class RecheckForm(QuestionsForm):
    """The yearly re-check: her earlier answers, to be changed where life has."""

    def __init__(self, *args: Any, recheck: RecheckLine, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, questions=recheck.questions, initial=dict(recheck.said), auto_id="recheck_%s", **kwargs)
        self.fields["recheck_text"] = Words(
            label="还有什么变化",
            longest=LONGEST,
            lines=3,
            required=not recheck.questions,
            help_text="例如家里有人就业、退休、生病。请不要写身份证号和银行卡号。",
            error_messages={"required": "请写明有什么变化。"},
        )


def open_supplement(supplements: Iterable[SupplementLine]) -> SupplementLine | None:
    """The request that waits for an answer."""
    return next((one for one in supplements if one.answered_on is None), None)
