"""The checks of numbers, dates, phones and names as DuckDB macros, for columns of millions of rows.

Same rules and same codes as identity_numbers, credit_codes, phones, dates, names and codes.fold_label; a property test
keeps both sides in step. Empty cells give NULL where Python gives ''. Values in ordinary shape take a fast path.
"""

from __future__ import annotations

from typing import Any

from zhigong.kernel import credit_codes, dates, names, phones
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.folding import BLANKS, CODE_FROM, CODE_TO, QUOTES

FOLDED = "zg_fold(coalesce(x, ''))"
FIFTEEN = r"[0-9]{15}(?:\.0+)?"


def install(connection: Any) -> None:  # noqa: ANN401 — any DuckDB connection
    """Define all macros on a connection."""
    for statement in statements():
        connection.execute(statement)


def statements() -> list[str]:
    """One CREATE MACRO statement each; later ones use earlier ones."""
    return [f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in (*_folds(), *_ids(), *_rest())]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _matches(value: str, pattern: str) -> str:
    return f"regexp_full_match({value}, {_quoted(pattern)})"


def _let(name: str, value: str, body: str) -> str:
    """`body` with `name` standing for `value`, computed once: CASE keeps DuckDB from sharing the repeated text."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _class(characters: str) -> str:
    """A character class for RE2, spelled by code points."""
    return "[" + "".join(f"\\x{{{ord(one):x}}}" for one in characters) + "]"


def _fold(frm: str, to: str, ascii_value: str) -> str:
    """Fold x: ASCII by `ascii_value`, other text by translate, which is slow, only where there is something to fold."""
    touched = f"regexp_matches(x, {_quoted(_class(frm + QUOTES))})"
    ascii_only = "strlen(x) = length(x)"
    return f"CASE WHEN {ascii_only} THEN {ascii_value} WHEN {touched} THEN {_translate(frm, to)} ELSE x END"


def _translate(frm: str, to: str) -> str:
    """x with characters replaced or dropped; NUL, which no SQL text can hold, by its number."""
    place = frm.index("\0")
    nul = _quoted(to[place : place + 1])
    kept, into = frm.replace("\0", ""), to[:place] + to[place + 1 :]
    return f"translate(replace(x, chr(0), {nul}), {_quoted(kept)}, {_quoted(into)})"


def _folds() -> list[tuple[str, str]]:
    blanks = r"'[\x00-\x20\x7f]'"
    bare = f"CASE WHEN {_matches('x', '[0-9A-Z.+-]+')} THEN x ELSE regexp_replace(upper(x), {blanks}, '', 'g') END"
    spaced = f"regexp_replace(upper(x), {blanks}, ' ', 'g')"
    return [
        ("zg_fold(x)", f"ltrim({_fold(CODE_FROM + BLANKS, CODE_TO, bare)}, {_quoted(QUOTES)})"),
        ("zg_fold_spaced(x)", _fold(CODE_FROM + BLANKS, CODE_TO + " " * len(BLANKS), spaced)),
        ("normal_label(x)", "nullif(replace(zg_fold(x), '它', '他'), '')"),
        ("zg_born(d)", "CASE WHEN left(d, 4) >= '1900' THEN try_strptime(d, '%Y%m%d')::DATE END"),
    ]


# --- identity numbers


def _ids() -> list[tuple[str, str]]:
    digits = " + ".join(f"(d // {10 ** (16 - place)}) % 10 * {weight}" for place, weight in enumerate(idn.WEIGHTS))
    fifteen = _matches("c", FIFTEEN) + f" AND NOT {_matches('left(c, 15)', idn.CUT_TO_FIFTEEN)}"
    cut_off = _matches("c", idn.TRUNCATED_NUMBER + "|" + idn.FIFTEEN_WITH_ZERO)
    normal = (
        f"CASE WHEN c = '' THEN NULL WHEN {fifteen} AND zg_born('19' || substr(c, 7, 6)) IS NOT NULL"
        f" THEN zg_upgrade(left(c, 6) || '19' || substr(c, 7, 9))"
        f" WHEN {cut_off} THEN split_part(c, '.', 1) ELSE c END"
    )
    eighteen = _matches("c", idn.EIGHTEEN)
    slow = _let("c", FOLDED, "zg_id_problem(c, on_date)")
    return [
        ("zg_check_digit(v)", _let("d", "v", f"substr({_quoted(idn.CHECK_CHARACTERS)}, ({digits}) % 11 + 1, 1)")),
        ("zg_upgrade(s)", "s || zg_check_digit(try_cast(s AS BIGINT))"),
        ("zg_normal_id(c)", f"CASE WHEN {eighteen} THEN c ELSE {normal} END"),
        ("normal_id(x)", _let("c", "zg_fold(x)", "zg_normal_id(c)")),
        ("zg_id_problem(c, on_date)", _id_problem(fifteen)),
        ("zg_is_sound(c, on_date)", _is_sound()),
        ("id_problem(x, on_date)", f"CASE WHEN zg_is_sound(x, on_date) THEN NULL ELSE {slow} END"),
        ("id_check(x, on_date)", _id_check()),
        ("id_birth(x)", "id_check(x, DATE '9999-12-31').birth"),
        ("id_sex(x)", "id_check(x, DATE '9999-12-31').sex"),
        ("id_region(x)", "id_check(x, DATE '9999-12-31').region"),
        ("zg_papers_problem(kind, c)", _papers_problem()),
        ("document_problem(kind, x, on_date)", _let("c", FOLDED, _document_problem())),
    ]


def _is_sound() -> str:
    """The fast path: a number in its final shape, without a problem."""
    checked = "substr(c, 18, 1) = zg_check_digit(try_cast(left(c, 17) AS BIGINT))"
    shaped = _matches("c", idn.EIGHTEEN)
    return f"CASE WHEN {shaped} THEN coalesce(zg_born(substr(c, 7, 8)) <= on_date AND {checked}, false) ELSE false END"


def _id_check() -> str:
    """STRUCT(value, problem, birth, sex, region) of one number; the last three NULL when there is a problem."""
    sex = "CASE WHEN substr(n, 17, 1) IN ('1', '3', '5', '7', '9') THEN '1' ELSE '2' END"
    region = "CASE WHEN left(n, 1) <> '9' THEN left(n, 6) END"
    parts = {"birth": "zg_born(substr(n, 7, 8))", "sex": sex, "region": region}
    packed = ", ".join(f"{name} := CASE WHEN p IS NULL THEN {part} END" for name, part in parts.items())
    body = _let("n", "zg_normal_id(c)", f"struct_pack(value := n, problem := p, {packed})")
    return _let("c", FOLDED, _let("p", "zg_id_problem(c, on_date)", body))


def _id_problem(fifteen: str) -> str:
    last = "substr(c, 18, 1) <> zg_check_digit(try_cast(left(c, 17) AS BIGINT))"
    dated = "CASE WHEN b IS NULL THEN 'impossible-date' WHEN b > on_date THEN 'future-date' END"
    checked = f"CASE WHEN {last} THEN CASE WHEN c LIKE '%000' THEN 'excel-truncated' ELSE 'bad-check-digit' END END"
    old = (
        "CASE WHEN zg_born('19' || substr(c, 7, 6)) IS NULL THEN 'impossible-date'"
        " WHEN zg_born('19' || substr(c, 7, 6)) > on_date THEN 'future-date' END"
    )
    return (
        f"CASE WHEN {_matches('c', idn.EIGHTEEN)}"
        f" THEN coalesce({_let('b', 'zg_born(substr(c, 7, 8))', dated)}, {checked})"
        f" WHEN c = '' THEN 'missing' WHEN contains(c, '*') THEN 'masked'"
        f" WHEN {_matches('c', idn.SCIENTIFIC)} THEN 'excel-scientific'"
        f" WHEN {_matches('c', idn.TRUNCATED_NUMBER)} THEN 'excel-truncated'"
        f" WHEN {fifteen} THEN {old}"
        f" WHEN {_matches('c', FIFTEEN)} THEN 'excel-truncated'"
        f" WHEN NOT {_matches('c', idn.ONLY_DIGITS_AND_X)} OR length(c) IN (15, 18) THEN 'bad-characters'"
        f" ELSE 'bad-length' END"
    )


def _papers_problem() -> str:
    kinds = " ".join(
        f"WHEN {_quoted(kind)} THEN {_matches('c', pattern)}" for kind, pattern in sorted(idn.OTHER_PAPERS.items())
    )
    fits = f"CASE kind {kinds} ELSE {_matches('c', idn.OTHER_PAPERS[idn.OTHER])} END"
    return (
        f"CASE WHEN c = '' THEN 'missing' WHEN contains(c, '*') THEN 'masked'"
        f" WHEN {_matches('c', idn.SCIENTIFIC_SIGNED)} THEN 'excel-scientific' WHEN {fits} THEN NULL"
        f" WHEN regexp_matches(c, '[^A-Z0-9()]') THEN 'bad-characters' ELSE 'bad-length' END"
    )


def _document_problem() -> str:
    numbered = ", ".join(_quoted(kind) for kind in sorted(idn.NUMBERED_18))
    old_card = _matches("c", idn.OTHER_PAPERS[idn.FOREIGN_RESIDENT])
    return (
        f"CASE WHEN coalesce(kind, '111') IN ({numbered}) AND NOT (kind = '{idn.FOREIGN_RESIDENT}' AND {old_card})"
        f" THEN zg_id_problem(c, on_date) ELSE zg_papers_problem(kind, c) END"
    )


# --- credit codes, phones, dates, names


def _rest() -> list[tuple[str, str]]:
    return [*_credit_codes(), *_phones(), *_dates(), *_names()]


def _credit_codes() -> list[tuple[str, str]]:
    alphabet = _quoted(credit_codes.ALPHABET)
    total = " + ".join(
        f"(strpos({alphabet}, substr(c, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(credit_codes.WEIGHTS, 1)
    )
    expected = f"substr({alphabet}, ((31 - ({total}) % 31) % 31)::INTEGER + 1, 1)"
    problem = (
        f"CASE WHEN {_matches('c', credit_codes.EIGHTEEN)} THEN NULL WHEN c = '' THEN 'missing'"
        f" WHEN contains(c, '*') THEN 'masked'"
        f" WHEN {_matches('c', credit_codes.SCIENTIFIC)} THEN 'excel-scientific'"
        f" WHEN length(c) <> 18 THEN 'bad-length' ELSE 'bad-characters' END"
    )
    warning = (
        f"CASE WHEN {_matches('c', credit_codes.EIGHTEEN)} AND substr(c, 18, 1) <> {expected}"
        f" THEN 'bad-check-digit' END"
    )
    return [
        ("normal_uscc(x)", "nullif(zg_fold(x), '')"),
        ("uscc_problem(x)", _let("c", FOLDED, problem)),
        ("uscc_warning(x)", _let("c", FOLDED, warning)),
    ]


def _phones() -> list[tuple[str, str]]:
    whole = f"regexp_replace(c, '^{phones.DECIMAL_ZERO}$', '\\1')"
    bare = f"regexp_replace(translate({whole}, {_quoted(phones.PUNCTUATION)}, ''), '^{phones.COUNTRY}$', '\\1')"
    mobile, landline = _matches("b", phones.MOBILE), _matches("b", phones.LANDLINE)
    spoilt = (
        f"CASE WHEN c = '' THEN 'missing' WHEN contains(c, '*') THEN 'masked'"
        f" WHEN {_matches('c', phones.SCIENTIFIC)} THEN 'excel-scientific'"
        f" WHEN {_matches('c', phones.SEVERAL)} THEN 'several-phones' END"
    )
    value = f"CASE WHEN zg_phone_spoilt(c) IS NULL AND ({mobile} OR {landline}) THEN b ELSE {whole} END"
    problem = f"coalesce(zg_phone_spoilt(c), CASE WHEN {mobile} OR {landline} THEN NULL ELSE 'bad-phone' END)"
    warning = f"CASE WHEN zg_phone_spoilt(c) IS NULL AND NOT {mobile} AND {landline} THEN 'landline' END"
    fast = _matches("x", phones.MOBILE)

    def of(body: str) -> str:
        return _let("c", FOLDED, _let("b", bare, body))

    return [
        ("zg_phone_spoilt(c)", spoilt),
        ("normal_phone(x)", f"CASE WHEN {fast} THEN x ELSE nullif({of(value)}, '') END"),
        ("phone_problem(x)", f"CASE WHEN {fast} THEN NULL ELSE {of(problem)} END"),
        ("phone_warning(x)", f"CASE WHEN {fast} THEN NULL ELSE {of(warning)} END"),
    ]


def _dates() -> list[tuple[str, str]]:
    cut = f"zg_fold(regexp_replace(zg_fold_spaced(coalesce(x, '')), {_quoted(dates.CLOCK)}, ''))"
    plain = f"CASE WHEN {_matches('x', '[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}')} THEN x ELSE {cut} END"
    shift = f"CASE WHEN epoch_1904 THEN {dates.SERIAL_SHIFT_1904} ELSE 0 END"
    serial = f"(try_cast(regexp_extract(c, '^[0-9]+') AS INTEGER) + {shift})"
    in_range = f"{_matches('c', dates.SERIAL)} AND {serial} BETWEEN {dates.FIRST_SERIAL} AND {dates.LAST_SERIAL}"
    value = (
        f"CASE s WHEN 'day' THEN zg_ymd(c) WHEN 'packed' THEN zg_ymd({_dashed(8)})"
        f" WHEN 'month' THEN zg_ymd(rtrim(c, '月') || '-1') WHEN 'packed-month' THEN zg_ymd({_dashed(6)} || '-01')"
        f" WHEN 'number' THEN CASE WHEN {in_range} THEN DATE '{dates.SERIAL_ZERO}' + {serial} END END"
    )
    problem = (
        "CASE WHEN c = '' THEN 'missing' WHEN s IN ('ambiguous-month', 'year-only') THEN s"
        " WHEN zg_date_value(c, s, epoch_1904) IS NOT NULL THEN NULL WHEN s <> 'number' THEN 'impossible-date'"
        f" WHEN {_matches('c', dates.SHORT_YEAR)} THEN 'two-digit-year' ELSE 'unreadable-date' END"
    )
    precision = (
        "CASE WHEN zg_date_value(c, s, epoch_1904) IS NOT NULL"
        " THEN CASE WHEN s IN ('month', 'packed-month') THEN 'month' ELSE 'day' END END"
    )

    def of(body: str) -> str:
        return _let("c", plain, _let("s", "zg_date_shape(c)", body))

    return [
        ("zg_date_shape(c)", _date_shape()),
        ("zg_ymd(t)", _ymd()),
        ("zg_date_value(c, s, epoch_1904)", value),
        ("normal_date(x, epoch_1904 := false)", of("zg_date_value(c, s, epoch_1904)")),
        ("date_problem(x, epoch_1904 := false)", of(problem)),
        ("date_precision(x, epoch_1904 := false)", of(precision)),
    ]


def _date_shape() -> str:
    shapes = {
        "day": dates.DAY,
        "packed": dates.PACKED_DAY,
        "ambiguous-month": dates.AMBIGUOUS_MONTH,
        "year-only": dates.YEAR,
        "month": dates.MONTH,
        "packed-month": dates.PACKED_MONTH,
    }
    cases = " ".join(f"WHEN {_matches('c', pattern)} THEN '{shape}'" for shape, pattern in shapes.items())
    return f"CASE {cases} ELSE 'number' END"


def _dashed(length: int) -> str:
    """The first 8 or 6 packed digits with dashes."""
    days = " || '-' || substr(c, 7, 2)" if length == 8 else ""
    return f"left(c, 4) || '-' || substr(c, 5, 2){days}"


def _ymd() -> str:
    """A DATE from year, month and day with any of the accepted separators; NULL outside the years or the calendar."""
    text = "rtrim(t, '日号')"
    for separator in "年月./":
        text = f"replace({text}, '{separator}', '-')"
    return (
        f"CASE WHEN left(t, 4) BETWEEN '{dates.FIRST_YEAR}' AND '{dates.LAST_YEAR}' THEN try_cast({text} AS DATE) END"
    )


def _names() -> list[tuple[str, str]]:
    touched = f"regexp_matches(x, {_quoted(_class(names.SPACED_FROM))})"
    translated = _translate(names.SPACED_FROM, names.SPACED_TO)
    value = f"ltrim(trim(CASE WHEN {touched} THEN {translated} ELSE x END, ' '), {_quoted(QUOTES)})"
    for pattern, replacement in names.NAME_STEPS:
        value = f"regexp_replace({value}, {_quoted(pattern)}, {_quoted(replacement)}, 'g')"
    unit = f"translate(normal_name(x), {_quoted(names.BRACKETS_FROM)}, {_quoted(names.BRACKETS_TO)})"
    key = f"translate(normal_name(x), {_quoted(names.KEY_FROM)}, {_quoted(names.KEY_TO)})"
    key = f"regexp_replace({key}, {_quoted(names.KEY_DROPS)}, '', 'g')"
    key = f"regexp_replace({key}, {_quoted(names.LIMITED)}, {_quoted(names.SHORT_LIMITED)}, 'g')"
    return [
        ("normal_name(x)", f"CASE WHEN {_matches('x', f'[{names.HAN}]+')} THEN x ELSE nullif({value}, '') END"),
        ("normal_unit_name(x)", unit),
        ("unit_key(x)", f"nullif({key}, '')"),
    ]
