"""Which source enters the base where. Sources without an entry stay in the lake: facts are derived from them there."""

from __future__ import annotations

from zhigong.exchange.publishing.organisations import publish_enterprises, publish_unions
from zhigong.exchange.publishing.roster import publish_roster
from zhigong.exchange.publishing.types import Published, Publisher

PUBLISHERS: dict[str, Publisher] = {
    "unions": publish_unions,
    "enterprises": publish_enterprises,
    "roster": publish_roster,
}

__all__ = ["PUBLISHERS", "Published", "Publisher"]
