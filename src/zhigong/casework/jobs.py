"""Work of casework that runs after the answer; each acts as the account that asked and may safely run twice."""

from __future__ import annotations

from uuid import UUID

from zhigong.casework import operations as casework
from zhigong.funds import operations as funds
from zhigong.kernel.clock import today
from zhigong.kernel.errors import Refused
from zhigong.kernel.jobs import job
from zhigong.orgs import operations as orgs


@job("casework.post_kept_return")
def post_kept_return(*, file_id: str, account_id: str, post_id: str | None) -> None:
    """Read, judge and post a return file that was uploaded; a refusal is kept on the file and moves nothing."""
    account, post, file = UUID(account_id), UUID(post_id) if post_id else None, UUID(file_id)
    try:
        with orgs.acting_as(account_id=account, post_id=post, on=today()) as by:
            casework.post_kept_return(by=by, file_id=file)
    except Refused as refused:
        with orgs.acting_as(account_id=account, post_id=post, on=today()) as by:
            funds.settle_file(by, file_id=file, refused=refused)
