"""Words by which people mark lines that are no data.  Matched on text without any white space."""

from __future__ import annotations

import re
import unicodedata

TOTAL = re.compile(r"^(本页|本表|全表|以上)?[合总小共累]计(人数|人|数)?([:：\d].*)?$|^总人数|^共\d+[人名条户家]")
SIGNATURE = re.compile(
    r"^(单位|工会|部门|基层)?(填表|制表|填报|审核|复核|经办|负责|联系|统计|录入|主管|报送|审批|上报)"
    r"(人员|人|者|单位|日期|时间|电话|员|领导|意见)?([（(].{0,6}[)）])?([:：]|$)"
    r"|[（(]?(签字|签名|签章|盖章|公章)[)）]?[:：]?"
    r"|^(工会)?主席[:：]|^\d{4}年\d{1,2}月(\d{1,2}日)?$|^年月日$"
)
NOTE = re.compile(
    r"^[（(【*※]?(填表|填写|填报|特别|重要)?(说明|须知|要求|备注|注意事项|注意|注|提示|温馨提示)([:：;；\d(（)）】]|$)"
    r"|^[（(]?[一二三四五六七八九十\d]{1,2}[)）、.．][^\d].{5,}"
)
SAMPLE = re.compile(
    r"^[（(【\[]?(填写|填表)?(示例|样例|范例|举例|例如|样本|例)([)）】\]:：\d]|$)|[（(【](示例|样例|例)[)）】]$"
)
ODD = re.compile(r"[例计签章填制审说注：:共负]|经办|联系|主席|录入")
ODD_NAME = re.compile(r"[例计：:]")
"""Hints of the above in a row's first cell, and in its name: a row without any needs no closer look."""

DROPDOWN_SHEET = re.compile(r"下拉|菜单|字典|代码表|选项|数据源|数据字典|参照|码表|填表说明|填写说明|说明$")
UNIT_LABEL = re.compile(
    r"(?:填[表报]单位|工会名称|单位名称|基层工会|所属工会|单位)(?:[（(][^）)]*[)）])?[:：]?\s*(\S.*)?$"
)
UNION_NAME = re.compile(r"[\w（）()·]{2,40}?(?:工会委员会|联合工会|工会联合会|总工会)")
NUMBER = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?")
FORM_NAME = re.compile(r"(表|名册|名单|花名册|台账|附件)\s*\d*$")

_NUMBER = re.compile(r"[0-9]{7,}[0-9Xx]*\x1d?")
_HINT = re.compile(r"[（(【\[][^）)】\]]*[)）】\]]")
_NOISE = re.compile(r"[\s*＊:：_/\\\-·、,，.。'\"“”]+")


def without_numbers(text: str) -> str:
    """The text with long numbers starred: what is told of a file must not carry ids or phones."""
    return _NUMBER.sub("***", text)


def squeeze(text: str) -> str:
    """The text without any white space."""
    return "".join(text.split())


def header_key(text: str) -> str:
    """A header as compared: width-folded, without white space, stars and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def bare_header_key(text: str) -> str:
    """`header_key` without bracketed hints: 出生日期(yyyy/MM/dd) is 出生日期."""
    return header_key(_HINT.sub("", unicodedata.normalize("NFKC", text)))
