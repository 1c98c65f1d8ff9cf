"""Linking: rows of department sources to the persons and employers of the base.

Owns the link model and the datasets `links-<source>` and `evidence-<source>` of the entity layer; offers `link`,
`links_of` and `resolve` (across sources); must not know what the rows are used for. It never changes the base
(ADR 0010)."""

from zhigong.exchange.linking.resolving import RESOLVED, Known, resolution_mark, resolve
from zhigong.exchange.linking.running import evidence_of, keep_base, known_of, link, links_of
from zhigong.exchange.linking.types import LINKS, LinkCounts, LinkOutcome, Method

__all__ = [
    "LINKS",
    "RESOLVED",
    "Known",
    "LinkCounts",
    "LinkOutcome",
    "Method",
    "evidence_of",
    "keep_base",
    "known_of",
    "link",
    "links_of",
    "resolution_mark",
    "resolve",
]
