"""Linking: rows of department sources to the persons and employers of the base.

Owns the link model and the datasets `links-<source>` of the entity layer; offers `link` and `links_of`; must not know
what the rows are used for. It never changes the base (ADR 0010)."""

from zhigong.exchange.linking.running import keep_base, link, links_of
from zhigong.exchange.linking.types import LINKS, LinkCounts, LinkOutcome, Method

__all__ = ["LINKS", "LinkCounts", "LinkOutcome", "Method", "keep_base", "link", "links_of"]
