"""Text to a parsed expression, distrusting the text: size first, then every token, then the parser."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from zhigong.kernel.errors import Refused

MAX_CHARACTERS = 2_000
MAX_TOKENS = 600
MAX_OPEN = 25  # parentheses and CASE open at once
MAX_PREFIXES = 40  # NOT and signs in all: each costs the parser a level of recursion

_WORDS = {
    TokenType.AND,
    TokenType.OR,
    TokenType.NOT,
    TokenType.IN,
    TokenType.BETWEEN,
    TokenType.IS,
    TokenType.NULL,
    TokenType.TRUE,
    TokenType.FALSE,
    TokenType.CASE,
    TokenType.WHEN,
    TokenType.THEN,
    TokenType.ELSE,
    TokenType.END,
    TokenType.DATE,
}
_SIGNS = {
    TokenType.L_PAREN,
    TokenType.R_PAREN,
    TokenType.COMMA,
    TokenType.PLUS,
    TokenType.DASH,
    TokenType.STAR,
    TokenType.SLASH,
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.LT,
    TokenType.LTE,
    TokenType.GT,
    TokenType.GTE,
}
_ALLOWED = _WORDS | _SIGNS | {TokenType.VAR, TokenType.NUMBER, TokenType.STRING}
_PARSER_FAILURES = (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, LookupError)


def parse(text: object, *, place: str) -> exp.Expr:
    """One expression; raises Refused for anything that could be more than an expression."""
    if not isinstance(text, str):
        raise Refused("规则条件应为一行文字。", where=place, why=f"得到的是 {type(text).__name__}")
    if len(text) > MAX_CHARACTERS:
        raise Refused("规则条件太长。", where=place, why=f"最多 {MAX_CHARACTERS} 个字符，实为 {len(text)} 个")
    _check_tokens(_tokens(text, place), place)
    try:
        parsed = sqlglot.parse(text, dialect="duckdb")
    except _PARSER_FAILURES:
        raise _half_written(text, place) from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Expr):
        raise _half_written(text, place)
    return parsed[0]


def _half_written(text: str, place: str) -> Refused:
    return Refused(
        "规则条件没有写完整，或写法不对。",
        where=place,
        why=f"读不懂「{text[:80]}」",
        do="请检查括号、比较符号和连接词。",
    )


def _tokens(text: str, place: str) -> list[Token]:
    try:
        return sqlglot.tokenize(text, dialect="duckdb")
    except _PARSER_FAILURES:
        raise _half_written(text, place) from None


def _check_tokens(tokens: list[Token], place: str) -> None:
    if not tokens:
        raise Refused("规则条件是空的。", where=place)
    if len(tokens) > MAX_TOKENS:
        raise Refused("规则条件太长。", where=place, why=f"最多 {MAX_TOKENS} 个词")
    for token in tokens:
        if token.token_type not in _ALLOWED:
            raise Refused("规则条件里有不允许的写法。", where=place, why=f"「{token.text[:40]}」不在规则语言之内")
        if token.comments:
            raise Refused("规则条件里不能写注释。", where=place, do="说明请写在 because 里。")
    _check_nesting(tokens, place)


def _check_nesting(tokens: list[Token], place: str) -> None:
    opened = deepest = prefixes = 0
    for token in tokens:
        opened += token.token_type in (TokenType.L_PAREN, TokenType.CASE)
        opened -= token.token_type in (TokenType.R_PAREN, TokenType.END)
        deepest = max(deepest, opened)
        prefixes += token.token_type in (TokenType.NOT, TokenType.DASH, TokenType.PLUS)
    if deepest > MAX_OPEN or prefixes > MAX_PREFIXES:
        raise Refused("规则条件嵌套太深。", where=place, do="请拆成几项条件。")
