"""The stand-alone verifier: every kind of tampering is found and its place named."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.audit import verifier
from zhigong.audit.tests.specimens import (
    OTHER,
    SIGNER,
    SPECIMENS,
    Export,
    build,
    count_lie,
    edit,
    entry,
    row,
)
from zhigong.audit.verifier import MerkleTree, Report, leaf_hash, read_witness, seal_root, verify

# RFC 6962 test vectors of the certificate-transparency project: leaves, and the root over the first n of them.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_merkle_roots_are_those_of_rfc_6962(count):
    tree = MerkleTree()
    for leaf in LEAVES[:count]:
        tree.add(hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest())
    assert tree.root().hex() == ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert MerkleTree().root() == hashlib.sha256(b"").digest()


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


@pytest.mark.parametrize(
    "sizes, pending, first", [((3, 1, 5), 2, 1), ((), 0, 1), ((), 3, 1), ((4,), 0, 1), ((2, 2), 1, 8)]
)
def test_an_untouched_export_is_sound(sizes, pending, first):
    report = verify(build(sizes, pending, first).lines(), trusted=[SIGNER.public_key.hex()])
    assert report.problems == []
    assert report.sound
    assert (report.seals, report.entries, report.pending) == (len(sizes), sum(sizes), pending)


@pytest.mark.parametrize("tamper", SPECIMENS, ids=lambda tamper: tamper.__name__)
def test_every_kind_of_tampering_is_found_and_placed(tamper):
    """The insider has made the end of the file anew, even signed: what is found is found by seals and leaves."""
    expected, number, position = SPECIMENS[tamper]
    made = build()
    tamper(made)
    report = verify(made.closed(), trusted=[SIGNER.public_key.hex()])
    assert expected <= codes(report), report.problems
    if number is not None:
        named = {problem.seal for problem in report.problems}
        assert number in named, report.problems
    if position is not None:
        assert position in {problem.position for problem in report.problems if problem.seal == number}


@pytest.mark.parametrize("tamper", SPECIMENS, ids=lambda tamper: tamper.__name__)
def test_the_same_in_transit_breaks_the_digest_too(tamper):
    made = build()
    tamper(made)
    assert {"digest", "truncated", "reordered"} & codes(verify(made.lines()))


def test_an_end_made_without_the_key_is_found():
    made = build()
    edit(made)
    made.end = made.ending(OTHER)
    assert "key" in codes(verify(made.lines(), trusted=[SIGNER.public_key.hex()]))
    made.end |= {"public_key": SIGNER.public_key.hex()}
    assert "signature" in codes(verify(made.lines()))


@pytest.mark.parametrize("lines", range(1, 6))
def test_a_truncated_file_is_found(lines):
    whole = build().lines()
    assert "truncated" in codes(verify(whole[:-lines]))


def test_a_line_cut_in_half_is_found():
    whole = build().lines()
    assert "truncated" in codes(verify([*whole[:-1], whole[-1][:-1]]))
    assert {"unreadable", "truncated"} <= codes(verify([*whole[:-1], whole[-1][:-9]]))


def test_what_follows_the_end_is_found():
    whole = build().lines()
    assert codes(verify([*whole, whole[1]])) == {"excess"}
    assert codes(verify([*whole, whole[-1]])) == {"excess"}


def test_an_empty_file_is_not_sound():
    assert codes(verify([])) == {"truncated"}


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\n",
        b"{\n",
        b"[]\n",
        b"1\n",
        b"null\n",
        b"\n",
        b'{"kind":"seal"}\n',
        b'{"kind":["seal"]}\n',
        b'{"kind":"x"}\n',
        b'{"kind":"pending","row":[]}\n',
        b'{"kind":"pending","row":NaN}\n',
        b'{"kind":"pending","row":{"a":1,"a":2}}\n',
        b'{"kind":"pending","row":' + b"9" * 9999 + b"}\n",
        b"[" * 100_000 + b"\n",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_lines_no_honest_export_contains_are_refused(raw):
    whole = build().lines()
    assert "unreadable" in codes(verify([*whole[:3], raw, *whole[3:]]))


def test_half_a_surrogate_in_a_row_is_refused():
    made = build()
    made.entries[0][0]["row"]["actor_name"] = "\ud800"
    raw = json.dumps(made.entries[0][0]).encode() + b"\n"
    whole = build().lines()
    assert codes(verify([*whole[:2], raw, *whole[3:]])) >= {"unreadable", "missing"}


# --- witness and keys: what the file alone cannot tell


def cut_honestly(made: Export, seals: int) -> Export:
    """An insider who rolled the whole database back and exported what was left, with the real key."""
    del made.seals[seals:], made.entries[seals:]
    made.header["last"] = seals
    return made


def witness_of(made: Export) -> dict[int, str]:
    return {line["number"]: line["root"] for line in made.seals}


def test_only_the_witness_knows_of_a_tail_cut_off_at_the_source():
    witness = witness_of(build())
    lines = cut_honestly(build(pending=0), 2).closed()
    assert verify(lines).sound
    report = verify(lines, witness=witness)
    assert [(problem.code, problem.seal) for problem in report.problems] == [("truncated", 3)]


def test_only_the_witness_knows_of_a_history_rewritten_with_the_real_key():
    witness = witness_of(build())
    made = build((3, 2, 5))
    assert verify(made.lines()).sound
    report = verify(made.lines(), witness=witness)
    assert {(problem.code, problem.seal) for problem in report.problems} == {("witness", 2), ("witness", 3)}


def test_the_witness_also_holds_the_start_of_a_partial_export():
    made = build((2, 2), first=8)
    assert verify(made.lines(), witness={7: "ab" * 32} | witness_of(made)).sound
    assert "previous" in codes(verify(made.lines(), witness={7: "cd" * 32}))


def test_without_a_trusted_key_the_keys_are_told():
    assert verify(build().lines()).keys == [SIGNER.public_key.hex()]
    assert codes(verify(build().lines(), trusted=[OTHER.public_key.hex()])) == {"key"}


def test_witness_files_are_read_and_must_agree(tmp_path):
    (tmp_path / "a.txt").write_text("# kept by the province\n1 aa x\n2 bb y\n\n")
    (tmp_path / "b.txt").write_text("2 bb\n3 cc\n")
    files = sorted(tmp_path.glob("*.txt"))
    assert read_witness(files) == {1: "aa", 2: "bb", 3: "cc"}
    (tmp_path / "c.txt").write_text("2 dd\n")
    with pytest.raises(ValueError, match="矛盾"):
        read_witness(sorted(tmp_path.glob("*.txt")))


# --- at random


@st.composite
def tampered(draw):
    """A random export and a random change to its lines by someone without the key."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    whole = build(tuple(sizes), draw(st.integers(0, 3))).lines()
    place = draw(st.integers(0, len(whole) - 1))
    kind = draw(st.sampled_from(["flip", "drop", "double", "swap", "move", "cut", "graft"]))
    lines = list(whole)
    if kind == "flip":
        raw = bytearray(lines[place])
        raw[draw(st.integers(0, len(raw) - 1))] ^= draw(st.integers(1, 255))
        lines = b"".join([*lines[:place], bytes(raw), *lines[place + 1 :]]).splitlines(keepends=True)
    elif kind == "drop":
        del lines[place]
    elif kind == "double":
        lines.insert(draw(st.integers(0, len(lines))), lines[place])
    elif kind in ("swap", "move"):
        other = draw(st.integers(0, len(lines) - 1))
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == "cut":
        lines = lines[:place]
    else:
        strange = build((7,), 1).lines()
        lines[place] = strange[draw(st.integers(0, len(strange) - 1))]
    return whole, lines


@pytest.mark.slow
@given(tampered())
@settings(max_examples=600, deadline=None)
def test_random_tampering_is_always_found(case):
    whole, lines = case
    assert verify(lines, trusted=[SIGNER.public_key.hex()]).sound is (lines == whole)


@st.composite
def rewritten(draw):
    """A random change to what the seals cover; leaves, counts, digest and end made anew where no key is needed."""
    made = build(tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))), 1)
    before = copy.deepcopy((made.seals, made.entries))
    number = draw(st.integers(0, len(made.seals) - 1))
    inside = made.entries[number]
    place = draw(st.integers(0, len(inside) - 1))
    kind = draw(st.sampled_from(["edit", "delete", "insert", "swap", "statement"]))
    if kind == "edit":
        inside[place]["row"][draw(st.sampled_from(["id", "tx", "actor_name", "new"]))] = draw(st.integers(0, 9))
    elif kind == "delete":
        del inside[place]
    elif kind == "insert":
        inside.insert(place, entry(number + 1, place, row(draw(st.integers(50, 60)), 3)))
    elif kind == "swap":
        other = draw(st.integers(0, len(inside) - 1))
        inside[place], inside[other] = inside[other], inside[place]
    else:
        name = draw(st.sampled_from(["count", "from_tx", "to_tx", "cluster", "number"]))
        made.seals[number][name] += draw(st.sampled_from([-1, 1, 1000]))
    if draw(st.booleans()):
        for new, line in enumerate(inside):
            line |= {"position": new, "leaf": leaf_hash(line["row"]).hex()}
    if draw(st.booleans()):
        made.seals[number]["root"] = seal_root(made.seals[number]).hex()
    return made, (made.seals, made.entries) == before


@pytest.mark.slow
@given(rewritten())
@settings(max_examples=400, deadline=None)
def test_random_rewriting_is_always_found_by_the_seals(case):
    made, unchanged = case
    assert verify(made.closed(), trusted=[SIGNER.public_key.hex()]).sound is unchanged


# --- as a file of its own


@pytest.fixture
def alone(tmp_path) -> Path:
    """The file copied out of the package: nothing of ours can be imported beside it."""
    return Path(shutil.copy(verifier.__file__, tmp_path / "verifier.py"))


def run(script: Path, *arguments: str, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    flags = ["-I", "-S"] if isolated else []
    return subprocess.run(
        [sys.executable, *flags, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.parent,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1"},
    )


def test_it_runs_alone_and_tells_the_verdict(alone, tmp_path):
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(build().lines()))
    done = run(alone, str(file), "--key", SIGNER.public_key.hex())
    assert (done.returncode, done.stderr) == (0, "")
    assert "完好" in done.stdout
    made = build()
    edit(made)
    file.write_bytes(b"".join(made.closed()))
    done = run(alone, str(file))
    assert done.returncode == 1
    assert "第 3 号封存第 4 条的内容被改动" in done.stdout
    assert "请与公布的公钥核对" in done.stdout


def test_it_reports_to_machines(alone, tmp_path):
    made = build((2, 2), first=8)
    delete_file = tmp_path / "export.jsonl"
    made.entries[1].pop(0)
    delete_file.write_bytes(b"".join(made.closed()))
    (tmp_path / "w.txt").write_text("".join(f"{n} {root}\n" for n, root in witness_of(made).items()))
    done = run(alone, str(delete_file), "--json", "--witness", str(tmp_path / "w.txt"))
    report = json.loads(done.stdout)
    assert (report["sound"], report["first"], report["seals"]) == (False, 8, 2)
    assert [(p["code"], p["seal"], p["position"]) for p in report["problems"]] == [("missing", 9, 0)]


def test_it_needs_nothing_but_the_standard_library_without_signatures(alone, tmp_path):
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(build().lines()))
    done = run(alone, str(file), isolated=True)
    assert done.returncode == 2
    assert "cryptography" in done.stderr
    done = run(alone, str(file), "--no-signature", isolated=True)
    assert done.returncode == 0
    assert "没有核对签名" in done.stdout


def test_it_says_what_it_cannot_read(alone, tmp_path):
    done = run(alone, str(tmp_path / "none.jsonl"))
    assert (done.returncode, "读不了" in done.stderr) == (2, True)


def test_a_flood_of_problems_is_counted_not_kept():
    made = build((1,), pending=0)
    made.pending = [{"kind": "pending", "row": row(n % 60, 0)} for n in range(1500)]
    report = verify(made.closed())
    assert (len(report.problems), report.found) == (1000, 1500)


def test_memory_does_not_follow_a_lie_about_the_count():
    made = build()
    count_lie(made)
    report = verify(made.closed())
    assert len(report.problems) < 10
