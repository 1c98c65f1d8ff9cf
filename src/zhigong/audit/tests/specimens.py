"""Exports made by hand, and what an insider without the key may do to them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from zhigong.audit.verifier import EXPORT_CONTEXT, GENESIS, SEAL_CONTEXT, MerkleTree, canonical, leaf_hash, seal_root
from zhigong.kernel.crypto import Signer

SIGNER, OTHER = Signer(b"\1" * 32), Signer(b"\2" * 32)


@dataclass
class Export:
    """An export under construction. What is changed after `build` is tampering; `lines` signs nothing anew."""

    header: dict = field(default_factory=dict)
    seals: list[dict] = field(default_factory=list)
    entries: list[list[dict]] = field(default_factory=list)
    pending: list[dict] = field(default_factory=list)
    end: dict = field(default_factory=dict)

    def body(self) -> list[dict]:
        together = [self.header]
        for made, inside in zip(self.seals, self.entries, strict=True):
            together += [made, *inside]
        return together + self.pending

    def lines(self) -> list[bytes]:
        return [canonical(line) + b"\n" for line in [*self.body(), self.end]]

    def closed(self, signer: Signer = SIGNER) -> list[bytes]:
        """As an insider would hand it out: counts, digest and signature of the end fit what is there now."""
        self.end = self.ending(signer)
        return self.lines()

    def ending(self, signer: Signer) -> dict:
        digest = hashlib.sha256(b"".join(canonical(line) + b"\n" for line in self.body()))
        return {
            "kind": "end",
            "seals": len(self.seals),
            "entries": sum(map(len, self.entries)),
            "pending": len(self.pending),
            "digest": digest.hexdigest(),
            "public_key": signer.public_key.hex(),
            "signature": signer.sign(EXPORT_CONTEXT + digest.digest()).hex(),
        }


def row(number: int, tx: int) -> dict:
    return {
        "id": f"id-{number}",
        "tx": tx,
        "actor_name": "周敏",
        "at": f"2026-11-22T00:00:{number:02}.000000Z",
        "fields": ["a"],
    }


def entry(number: int, position: int, content: dict) -> dict:
    return {"kind": "entry", "seal": number, "position": position, "leaf": leaf_hash(content).hex(), "row": content}


def made_seal(number: int, rows: list[dict], previous: str, signer: Signer = SIGNER) -> dict:
    tree = MerkleTree()
    for content in rows:
        tree.add(leaf_hash(content))
    statement = {
        "form": 1, "number": number, "cluster": 77, "from_tx": number * 10 - 10, "to_tx": number * 10,
        "count": len(rows), "first_at": "a", "last_at": "b", "merkle": tree.root().hex(), "previous": previous,
        "public_key": signer.public_key.hex(), "sealed_at": "c",
    }  # fmt: skip
    root = seal_root(statement)
    return {"kind": "seal", **statement, "root": root.hex(), "signature": signer.sign(SEAL_CONTEXT + root).hex()}


def build(sizes: tuple[int, ...] = (3, 1, 5), pending: int = 2, first: int = 1) -> Export:
    last = first + len(sizes) - 1
    made = Export(header={"kind": "header", "form": 1, "first": first, "last": last, "cluster": 77, "made_at": "d"})
    previous = GENESIS if first == 1 else "ab" * 32
    for number, size in enumerate(sizes, start=first):
        rows = [row(number * 10 + place, number * 10 - 1) for place in range(size)]
        made.seals.append(made_seal(number, rows, previous))
        made.entries.append([entry(number, place, content) for place, content in enumerate(rows)])
        previous = made.seals[-1]["root"]
    made.pending = [{"kind": "pending", "row": row(90 + n, last * 10 + n)} for n in range(pending)]
    made.end = made.ending(SIGNER)
    return made


def edit(e: Export) -> None:
    e.entries[2][3]["row"]["actor_name"] = "张三"


def edit_with_leaf(e: Export) -> None:
    edit(e)
    e.entries[2][3]["leaf"] = leaf_hash(e.entries[2][3]["row"]).hex()


def edit_with_everything_of_its_seal(e: Export) -> None:
    """The whole seal made anew, but without the key."""
    edit_with_leaf(e)
    rows = [line["row"] for line in e.entries[2]]
    e.seals[2] = made_seal(3, rows, e.seals[1]["root"]) | {"signature": e.seals[2]["signature"]}


def resign_with_another_key(e: Export) -> None:
    edit_with_leaf(e)
    e.seals[2] = made_seal(3, [line["row"] for line in e.entries[2]], e.seals[1]["root"], OTHER)


def delete(e: Export) -> None:
    del e.entries[2][1]


def delete_and_close_up(e: Export) -> None:
    delete(e)
    for place, line in enumerate(e.entries[2]):
        line["position"] = place


def delete_last(e: Export) -> None:
    e.entries[2].pop()


def insert(e: Export) -> None:
    e.entries[2].insert(2, entry(3, 2, row(55, 29)))


def insert_and_make_room(e: Export) -> None:
    insert(e)
    for place, line in enumerate(e.entries[2]):
        line["position"] = place


def append(e: Export) -> None:
    e.entries[0].append(entry(1, 3, row(55, 9)))


def slip_below_the_horizon(e: Export) -> None:
    e.pending.insert(0, {"kind": "pending", "row": row(55, 29)})


def slip_without_transaction(e: Export) -> None:
    e.pending.append({"kind": "pending", "row": {"id": "x", "tx": None}})


def swap(e: Export) -> None:
    e.entries[2][1], e.entries[2][2] = e.entries[2][2], e.entries[2][1]


def swap_with_positions(e: Export) -> None:
    swap(e)
    e.entries[2][1]["position"], e.entries[2][2]["position"] = 1, 2


def swap_across_seals(e: Export) -> None:
    e.entries[0][0], e.entries[2][0] = e.entries[2][0], e.entries[0][0]


def swap_seals(e: Export) -> None:
    e.seals[0], e.seals[1] = e.seals[1], e.seals[0]
    e.entries[0], e.entries[1] = e.entries[1], e.entries[0]


def repeat(e: Export) -> None:
    e.entries[2].insert(3, copy.deepcopy(e.entries[2][2]))


def drop_seal_line(e: Export) -> None:
    del e.seals[1]
    e.entries[0] += e.entries.pop(1)


def drop_seal(e: Export) -> None:
    del e.seals[1], e.entries[1]


def drop_all_seals(e: Export) -> None:
    e.seals, e.entries = [], []


def cut_tail_seal(e: Export) -> None:
    del e.seals[2], e.entries[2]


def hide_a_gap(e: Export) -> None:
    """The seal in the middle goes, the next is renumbered and pointed at the first."""
    drop_seal(e)
    e.seals[1] |= {"number": 2, "previous": e.seals[0]["root"]}
    for line in e.entries[1]:
        line["seal"] = 2
    e.header["last"] = 2


def wrong_previous(e: Export) -> None:
    e.seals[2]["previous"] = "00" * 32


def wrong_first_previous(e: Export) -> None:
    e.seals[0] = made_seal(1, [line["row"] for line in e.entries[0]], "ab" * 32)


def forged_signature(e: Export) -> None:
    e.seals[1]["signature"] = OTHER.sign(SEAL_CONTEXT + bytes.fromhex(e.seals[1]["root"])).hex()


def signature_of_another_seal(e: Export) -> None:
    e.seals[1]["signature"] = e.seals[0]["signature"]


def no_signature(e: Export) -> None:
    e.seals[1]["signature"] = ""


def foreign_key_beside(e: Export) -> None:
    e.seals[1]["public_key"] = OTHER.public_key.hex()


def count_lie(e: Export) -> None:
    e.seals[2]["count"] = 10**15


def horizon_lie(e: Export) -> None:
    e.seals[2]["to_tx"] = 0


def other_header(e: Export) -> None:
    e.header["last"] = 2


def unknown_form(e: Export) -> None:
    e.header["form"] = 2


def more_fields(e: Export) -> None:
    e.entries[0][0]["note"] = "hello"


def fraction(e: Export) -> None:
    e.entries[0][0]["row"]["count"] = 1.0


def missing_header(e: Export) -> None:
    e.header = e.pending.pop()


SPECIMENS: dict[Callable[[Export], None], tuple[set[str], int | None, int | None]] = {
    # what is done: codes found at least, seal named, position named
    edit: ({"edited"}, 3, 3),
    edit_with_leaf: ({"merkle"}, 3, None),
    edit_with_everything_of_its_seal: ({"signature"}, 3, None),
    resign_with_another_key: ({"key"}, 3, None),
    delete: ({"missing"}, 3, 1),
    delete_and_close_up: ({"missing"}, 3, 4),
    delete_last: ({"missing"}, 3, 4),
    insert: ({"excess"}, 3, 2),
    insert_and_make_room: ({"excess"}, 3, 5),
    append: ({"excess"}, 1, 3),
    slip_below_the_horizon: ({"excess"}, None, None),
    slip_without_transaction: ({"excess"}, None, None),
    swap: ({"reordered"}, 3, 1),
    swap_with_positions: ({"merkle"}, 3, None),
    swap_across_seals: ({"excess", "missing"}, 3, 0),
    swap_seals: ({"gap", "previous", "reordered"}, 1, None),
    repeat: ({"excess"}, 3, 2),
    drop_seal_line: ({"gap", "excess"}, 2, None),
    drop_seal: ({"gap", "previous"}, 2, None),
    drop_all_seals: ({"truncated"}, 3, None),
    cut_tail_seal: ({"truncated"}, 3, None),
    hide_a_gap: ({"root"}, 2, None),
    wrong_previous: ({"previous", "root"}, 3, None),
    wrong_first_previous: ({"previous"}, 1, None),
    forged_signature: ({"signature"}, 2, None),
    signature_of_another_seal: ({"signature"}, 2, None),
    no_signature: ({"signature"}, 2, None),
    foreign_key_beside: ({"root", "key", "signature"}, 2, None),
    count_lie: ({"root", "missing"}, 3, 5),
    horizon_lie: ({"root"}, 3, None),
    other_header: ({"truncated"}, 2, None),
    unknown_form: ({"unreadable"}, None, None),
    more_fields: ({"unreadable", "missing"}, 1, 0),
    fraction: ({"unreadable", "missing"}, 1, 0),
    missing_header: ({"reordered"}, None, None),
}
