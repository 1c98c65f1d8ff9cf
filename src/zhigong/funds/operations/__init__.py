"""Writes of money. Every one is keyed or guarded by state, so that doing it twice does it once.

Public face (bodies arrive with the tables):
open_budget(by, *, union_id, service_id, year, fen, document, key) -> UUID
allot(by, *, budget_id, fen, document, key) -> None            # fen < 0 takes back what is still available
request_payment(by, *, person_id, union_id, amount_fen, service_id, case_id, reason, key) -> UUID
request_payments(by, *, requests: Iterable[PaymentRequest], wait_for_budget=False) -> Requested
cancel_payment(by, *, payable_id, reason) -> None
register_account(by, *, person_id, holder, bank, number, key, heir=False) -> UUID
register_accounts(by, *, entries: Iterable[AccountEntry]) -> Registered
open_account_number(by, *, account_id, reason) -> str          # recorded
recover(by, *, person_id, union_id, amount_fen, service_id, case_id, reason, key, note="") -> UUID
recoveries(by, *, requests: Iterable[RecoveryRequest]) -> Recovered
repay(by, *, claim_id, fen, key) -> None
write_off(by, *, claim_id, document, key) -> None
draft_batch(by, *, title, service_id=None, key) -> UUID        # payouts.make
freeze_batch(by, *, batch_id) -> str                           # payouts.make; the hash
dissolve_batch(by, *, batch_id) -> None                        # payouts.make; draft or frozen only
release_batch(by, *, batch_id) -> None                         # payouts.release; another person than the maker
bank_file(by, *, batch_id, layout=Format.CSV, only_unknown=False) -> bytes   # payouts.post; recorded
post_return(by, *, batch_id, file: bytes) -> Posted            # payouts.post
reconcile(by) -> Reconciled
"""
