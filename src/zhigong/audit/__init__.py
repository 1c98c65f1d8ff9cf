"""Append-only record of acts and of who read whose data; sealed in batches, verifiable without this system.

Owns the entries, their seals and the stand-alone verifier. Offers `operations.record…` to every package above, and two
views of the record: a member's "who looked at my data" and the auditor's. Must not know persons, unions or any other
table: an entry carries plain identifiers and outlives what it speaks of. See docs/adr/0005-audit-sealing.md.
"""
