"""What people say of links: rulings on a row and a person, and how they are laid over the links as made.

Owns the reading of rulings and the datasets `doubts-<source>`; offers `review` to linking. `operations.rule_link` and
`operations.withdraw_ruling` write them. The links as made never know of rulings, so that a withdrawn one leaves nothing
behind (ADR 0015)."""

from zhigong.exchange.linking.reviewing.doubting import DOUBTS, Doubt, edition, read_doubts
from zhigong.exchange.linking.reviewing.identity import Marked, mark
from zhigong.exchange.linking.reviewing.laying import Reviewed, in_force, made_in, made_of, review
from zhigong.exchange.linking.reviewing.overruling import APART, RULED, Marks, Rulings, overrule

__all__ = [
    "APART",
    "DOUBTS",
    "RULED",
    "Doubt",
    "Marked",
    "Marks",
    "Reviewed",
    "Rulings",
    "edition",
    "in_force",
    "made_in",
    "made_of",
    "mark",
    "overrule",
    "read_doubts",
    "review",
]
