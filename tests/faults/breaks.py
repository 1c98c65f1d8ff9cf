"""Deliberate breaks of what makes a kill harmless: the harness must notice each of them."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

PAUSE_S = 0.6


def publish_in_two_transactions(say: Any) -> None:
    """A group of facts reaches PostgreSQL in two halves that commit one after the other."""
    from zhigong.exchange.operations import refreshing
    from zhigong.facts import operations as facts

    class Halves:
        @staticmethod
        def publish(*, by: Any, group: str, rows: Any, full: bool) -> Any:
            import pyarrow as pa

            table = pa.Table.from_batches(rows)
            facts.publish(by=by, group=group, rows=[table.slice(0, table.num_rows // 2)], full=False)
            _commit_in_between()
            say("half", group=group)
            time.sleep(PAUSE_S)
            return facts.publish(by=by, group=group, rows=[table], full=full)

    refreshing.facts = Halves  # type: ignore[assignment,misc]


def _commit_in_between() -> None:
    """End the transaction behind Django's back and go on in the same scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('zhigong.scope', true)")
        scope = cursor.fetchone()[0]
        cursor.execute("COMMIT")
        cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [scope])


def swap_before_publishing(say: Any) -> None:
    """The lake's snapshot says that all is published before anything is."""
    from zhigong.exchange.deriving import keeping
    from zhigong.exchange.operations import refreshing

    original = refreshing._Refresh._publish

    def publish(*found: Any) -> None:
        facts, announce = refreshing.facts, keeping.announce
        refreshing.facts = _Silent  # type: ignore[assignment,misc]
        keeping.announce = lambda _datasets: None
        original(*found)
        refreshing.facts, keeping.announce = facts, announce
        say("swapped")
        time.sleep(PAUSE_S * 10)
        original(*found)

    refreshing._Refresh._publish = publish  # type: ignore[method-assign]


class _Silent:
    @staticmethod
    def publish(**_: Any) -> Any:
        from zhigong.facts.types import Published

        return Published(rows=0, changed=0, renewed=0, removed=0, unknown=0, settled=0)


def answer_before_durable(_say: Any) -> None:
    """Commits are reported before they are on disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")


BREAKS = {
    break_.__name__: break_ for break_ in (publish_in_two_transactions, swap_before_publishing, answer_before_durable)
}
