"""Rules as text: parsed, decided for one person with reasons, screened over a population as SQL.

Pure: knows no Django, no clock, no files. Owns the language and its meaning; offers `operations` (compile_rule, decide,
population_sql, ranges_sql, read_ranges) and `types`; must not know what a service, a person or a fact's source is.

The language is a small part of SQL expressions: comparison, + - * /, AND OR NOT, IN, BETWEEN, IS [NOT] NULL, CASE with
ELSE, and abs, banded, ceil, coalesce, floor, greatest, least, round_down. Names are facts of the vocabulary or dated
parameters, kinds are checked, everything else is refused when the rule is read. What differs from SQL, on purpose:

- A value not known makes every comparison and calculation with it not known, in LEAST, GREATEST and CASE conditions
  too. AND and OR follow Kleene. Only IS NULL and COALESCE may answer for what is not known.
- Numbers are exact fractions, never rounded before the end: `x / 3 * 3 = x`. Dividing by zero is not known.
- Amounts are fen, rounded down (floor) at the end; beyond ten trillion yuan they count as not known.
- Whole-number facts beyond 64 bits, and decimal facts from 10^18, count as not known. Floats are refused.
- `banded(x, limits, rates)`: each part of x above zero between two limits times its rate; one rate more than limits.
- `round_down(x, unit)`: the largest multiple of a positive unit not above x.

`missing` lists the unknown facts through which an unknown verdict, grade or amount could still become known: both sides
of an open AND or OR, nothing behind a settled one, nothing at all once the verdict is false.
"""
