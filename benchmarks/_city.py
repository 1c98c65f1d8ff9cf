"""What the benchmarks share: a generated city, a loaded home, child processes measured from outside."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

AS_OF = date(2026, 11, 22)
SIZES = {"small": 42_000, "city": 420_000, "capital": 1_000_000}


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


def figure(**values: Any) -> None:
    """One figure, for machines: ours, other and their ratio, measured in this run."""
    print(
        json.dumps(
            {"ratio": values["ours"] / values["other"] if values.get("other") else None, **values}, ensure_ascii=False
        ),
        flush=True,
    )


def generate(members: int) -> Path:
    """The city of this size, made once per run."""
    out = Path(os.environ["ZHIGONG_HOME"]) / f"city-{members}"
    if not (out / "city.json").exists():
        say(f"  generating {members:,} members")
        run("generate", "--members", str(members), "--seed", "1", "--out", str(out))
    return out


@dataclass(frozen=True)
class Measured:
    """One finished child: its JSON answer, seconds on the wall, largest resident set in MB of any of its processes."""

    answer: dict[str, Any]
    seconds: float
    memory_mb: float


def run(*arguments: str) -> Measured:
    """Run a verb of ours in a child process; raises CalledProcessError when it fails."""
    command = [sys.executable, "-c", "from zhigong.conf.cli import main; main()", *arguments, "--json"]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True) as child:
            output = child.stdout.read() if child.stdout else ""
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            told.seek(0)
            say(output + told.read())
            raise subprocess.CalledProcessError(child.returncode, command)
    return Measured(json.loads(output.strip().splitlines()[-1]), time.perf_counter() - started, usage.ru_maxrss / 1024)


def own_memory_mb() -> float:
    """This process's largest resident set so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def loaded(members: int) -> Path:
    """A home with about this many members; what an earlier figure of the same home loaded is used as it is."""
    from zhigong.people.models import Person

    with scope():
        there = Person.objects.count()
    if there < members * 0.9:
        load(generate(members))
    return Path(os.environ["ZHIGONG_HOME"])


@contextmanager
def scope() -> Iterator[Any]:
    """The whole city's scope, inside a transaction."""
    from zhigong.orgs import operations as orgs

    with orgs.city_scope(on=AS_OF) as actor:
        yield actor


def load(city: Path, *, roster: bool = True) -> None:
    """Unions, employers and, if wanted, members into the home of this run."""
    for source in ("unions", "enterprises", *(("roster",) if roster else ())):
        file = next(city.glob(f"{source}.*"))
        say(f"  ingesting {source}")
        run("ingest", source, str(file), "--as-of", AS_OF.isoformat())


@contextmanager
def server() -> Iterator[None]:
    """The home's PostgreSQL kept running and Django set up as the job role, so that verbs do not start it each time."""
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=say):
        yield


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Growth exponent: slope of log seconds over log size, least squares."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
