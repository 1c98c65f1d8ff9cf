"""What the wizard does, as a child process: take a file in, ask for its check, later for its import. Prints the batch.

Usage: python -m tests.faults.asking found | upload FILE | publish BATCH
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from zhigong.conf.runtime import domain

USERNAME = "faults"


def main(verb: str, *rest: str) -> None:
    with domain(role="job"):
        from zhigong.exchange import operations as exchange
        from zhigong.identity.models import Account
        from zhigong.kernel.clock import today
        from zhigong.orgs import operations as orgs

        if verb == "found":
            _found()
            return
        account = Account.objects.get(username=USERNAME)
        with orgs.acting_as(account_id=account.id, post_id=None, on=today()) as by:
            if verb == "upload":
                file = Path(rest[0])
                batch, _ = exchange.upload(by=by, source="roster", file=file, file_name=file.name, as_of=today())
                print(batch)
            else:
                exchange.ask_publish(by=by, batch_id=UUID(rest[0]))


def _found() -> None:
    from datetime import date

    from tests.support.city import build_city
    from zhigong.identity.models import Account
    from zhigong.kernel.clock import today
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.types import Duty

    city = build_city(1, 1, 1)
    account = Account.objects.create_user(USERNAME, name="导入人")
    with orgs.city_scope(on=today()) as by:
        orgs.appoint(by=by, union_id=city.unions["d1s1g1"], holder="导入人", duty=Duty.CHAIR,
                     starts_on=date(2024, 1, 1), account_id=account.id)  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
