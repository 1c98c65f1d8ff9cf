"""The services of the present catalogue, kept in memory until a file changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zhigong.catalogue import folders, loading
from zhigong.catalogue.loading import Loaded
from zhigong.catalogue.words import Words
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused

log = logging.getLogger("zhigong.catalogue")

_READ = (folders.ROOT, "facts", "parameters")
_LOOK_AGAIN = 1.0  # seconds: asking a thousand files on every page would cost more than the page
Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Shelf:
    """The services of one state of the files, each read when first asked for."""

    fingerprint: Fingerprint
    words: Words
    ids: tuple[str, ...]
    kept: dict[str, Loaded | Refused] = field(default_factory=dict)

    def loaded(self, service_id: str) -> Loaded:
        """The service; raises what it raised when it was read."""
        if service_id not in self.kept:
            self.kept[service_id] = _try(service_id, self.words)
        found = self.kept[service_id]
        if isinstance(found, Refused):
            raise found
        return found

    def sound(self) -> tuple[Loaded, ...]:
        """All that can be used; a folder that is not in order must not take the others down with it."""
        found = []
        for service_id in self.ids:
            try:
                found.append(self.loaded(service_id))
            except Refused as reason:
                log.error("service %s is left out: %s", service_id, reason.what)
        return tuple(found)


_shelves: dict[tuple[Path, ...], tuple[float, Shelf]] = {}


def shelf() -> Shelf:
    """The present catalogue; files are looked at again after a second."""
    roots = resources.roots()
    looked, found = _shelves.get(roots, (0.0, None))
    now = time.monotonic()
    if found is not None and now - looked < _LOOK_AGAIN:
        return found
    seen = _fingerprint(roots)
    if found is None or found.fingerprint != seen:
        found = Shelf(fingerprint=seen, words=loading.present(), ids=folders.ids())
    _shelves[roots] = (now, found)
    return found


def forget() -> None:
    """Read everything anew at the next call."""
    _shelves.clear()


def _try(service_id: str, words: Words) -> Loaded | Refused:
    try:
        return loading.load(service_id, vocabulary=words)
    except Refused as reason:
        return reason


def _fingerprint(roots: Sequence[Path]) -> Fingerprint:
    files = [file for folder in _READ for file in resources.all_under(folder, within=roots).values()]
    stats = [(str(file), file.stat()) for file in files]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
