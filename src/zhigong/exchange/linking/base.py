"""The base as linking sees it, read from PostgreSQL in the scope of the whole city.

Numbers stay sealed: rows and persons meet by token. Only those of persons whom a damaged number may mean are opened,
in memory, and the act is recorded with their count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zhigong.exchange.linking.linker import EMPLOYERS, PERSONS, Base, prepare_persons
from zhigong.exchange.linking.preparing import PREPARED
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.db.bulk import analyse, copy_arrow, copy_out, create_stage, fetch, mark_sql
from zhigong.kernel.vault import vault
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import Layer

KEPT = "base"
"""Dataset of the entity layer."""

_INDEX_TEXT = "encode(substr(id_index, 1, 16), 'hex')"
_PERSONS = f"SELECT id, name, birth_date, sex, employer_name, {_INDEX_TEXT} FROM people_person"
_COMPARED = "(id, name, birth_date, sex, employer_name, substr(id_index, 1, 16))"
_FIRMS = "(id, credit_code, name_key)"
_EMPLOYERS = "SELECT id, credit_code, nullif(name_key, '') FROM orgs_employer"


@dataclass(frozen=True, slots=True)
class BaseState:
    """How the base stood: equal states link alike. mark: a sum over all that linking compares."""

    persons: int
    mark: str
    employers: int

    @property
    def version(self) -> str:
        """Twelve hex digits."""
        return hashlib.sha256(f"{self.persons}|{self.mark}|{self.employers}".encode()).hexdigest()[:12]

    def as_dict(self) -> dict[str, Any]:
        """For keeping beside the links."""
        return {"persons": self.persons, "mark": self.mark, "employers": self.employers}


def state() -> BaseState:
    """How the base of the scope stands now; what linking doesn't look at doesn't count."""
    count, mark = fetch(f"SELECT count(*), {mark_sql(_COMPARED)} FROM people_person")[0]
    employers, firms = fetch(f"SELECT count(*), {mark_sql(_FIRMS)} FROM orgs_employer")[0]
    return BaseState(int(count), f"{mark}.{firms}", int(employers))


def read_base(where: str = "true", parameters: Mapping[str, Any] | None = None) -> Base:
    """Persons (all, or those that an SQL condition of ours names) and all employers."""
    return _base(_table(f"{_PERSONS} WHERE {where}", PERSONS, parameters), prepared=False)


def prepared_base(now: BaseState) -> Base:
    """Everybody as compared, which is kept sealed in the lake as long as the base stands like that."""
    root, version = lake_root(), f"{now.version}-{PREPARED}"
    kept = lake_queries.batch(root, layer=Layer.ENTITIES, name=KEPT, version=version)
    if kept is not None:
        return _base(lake_queries.table(kept, keys=lake_keys()), prepared=True)
    persons = prepare_persons(read_base().persons)
    # What changed since `now` must not be kept under its name.
    if state() == now:
        with lake.write_batch(root, layer=Layer.ENTITIES, name=KEPT, keys=lake_keys()) as writer:
            writer.write(persons)
            writer.commit(version=version)
        for other in lake_queries.batches(root, layer=Layer.ENTITIES, name=KEPT):
            if other.version != version:
                lake.drop_batch(other)
    return _base(persons, prepared=True)


def _base(persons: pa.Table, *, prepared: bool) -> Base:
    keys = vault()
    return Base(
        persons=persons,
        prepared=prepared,
        employers=_table(_EMPLOYERS, EMPLOYERS, None),
        hidden=lambda numbers: _tokens(keys, numbers),
        pseudonym=lambda tokens: pseudonyms(keys, tokens),
        opened=_opened,
    )


def _table(query: str, schema: pa.Schema, parameters: Mapping[str, Any] | None) -> pa.Table:
    types = {field.name: field.type for field in schema}
    batches = list(copy_out(query, types, parameters))
    return pa.Table.from_batches(batches, schema=schema) if batches else schema.empty_table()


def _tokens(keys: Keyring, numbers: Sequence[str]) -> list[str]:
    """The first 128 bits of the blind index, in hex: enough that two never meet by chance."""
    return [token[:16].hex() for token in keys.blind("person.id_number").index_many(numbers) if token is not None]


def pseudonyms(keys: Keyring, tokens: Sequence[str]) -> list[str]:
    """Stable names of those outside the base, under a key of their own: nobody can tell them from another system."""
    return [token[:16].hex() for token in keys.blind("link.subject").index_many(tokens) if token is not None]


def _opened(person_ids: Sequence[str]) -> list[str | None]:
    """Document numbers of persons, in their order."""
    if not person_ids:
        return []
    create_stage("link_wanted", {"id": "uuid"})
    copy_arrow("link_wanted", ["id"], [pa.table({"id": pa.array(person_ids, pa.string())})])
    analyse("link_wanted")
    sealed = fetch("SELECT p.id, p.id_cipher FROM people_person p JOIN link_wanted w ON w.id = p.id")
    cipher = vault().field("people_person.id_number")
    numbers = cipher.open_many([blob for _, blob in sealed], [person for person, _ in sealed])
    by_id = dict(zip((str(person) for person, _ in sealed), numbers, strict=True))
    return [by_id.get(person) for person in person_ids]
