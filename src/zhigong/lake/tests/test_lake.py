from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.errors import Refused
from zhigong.lake import folders, queries, sealing
from zhigong.lake.operations import drop_batch, sweep, write_batch
from zhigong.lake.types import LakeKeys, Layer

KEYS = LakeKeys("k1", {"k1": bytes(range(32))})
OTHER = LakeKeys("k1", {"k1": bytes(32)})
ROWS = pa.record_batch({"id_number": ["110105194912310021", None], "row": [1, 2]})
SECRET = b"110105194912310021"


def store(root: Path, content: bytes = SECRET * 100, rows: int = 1):
    with write_batch(root, layer=Layer.RAW, name="roster", keys=KEYS) as writer:
        writer.keep_original(io.BytesIO(content))
        for _ in range(rows):
            writer.write(ROWS)
        return writer.commit()


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_batch_comes_back_as_it_was_stored(tmp_path):
    ref = store(tmp_path, rows=3)
    assert ref.version == queries.fingerprint(_file(tmp_path, SECRET * 100))
    assert queries.batch(tmp_path, layer=Layer.RAW, name="roster", version=ref.version) == ref
    assert pa.Table.from_batches(queries.rows(ref, keys=KEYS)).num_rows == ref.rows == 6
    assert next(queries.rows(ref, keys=KEYS, columns=["row"])).column_names == ["row"]
    assert queries.table(ref, keys=KEYS).equals(pa.Table.from_batches(queries.rows(ref, keys=KEYS)))
    assert queries.table(ref, keys=KEYS, columns=["row"]).column_names == ["row"]
    with queries.original(ref, keys=KEYS) as stream:
        assert stream.read() == SECRET * 100


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "probe"
    path.write_bytes(content)
    return path


def test_nothing_lies_in_the_clear(tmp_path):
    store(tmp_path)
    found = files_under(tmp_path)
    assert len(found) == 3
    for path in found:
        content = path.read_bytes()
        assert SECRET not in content
        assert path.name == folders.MANIFEST or b"id_number" not in content


def test_the_clear_text_check_can_fail(tmp_path):
    with write_batch(tmp_path, layer=Layer.MARTS, name="counts") as writer:
        writer.write(ROWS)
        writer.commit("v1")
    assert any(b"id_number" in path.read_bytes() for path in files_under(tmp_path))


@pytest.mark.parametrize("layer", list(Layer))
def test_layers_with_identities_demand_a_key_and_only_they(tmp_path, layer):
    with pytest.raises(Refused), write_batch(tmp_path, layer=layer, name="x", keys=None if layer.sealed else KEYS):
        pass


def test_the_same_content_is_the_same_batch(tmp_path):
    first, second = store(tmp_path), store(tmp_path, rows=5)
    assert first == second
    assert len(queries.batches(tmp_path, layer=Layer.RAW, name="roster")) == 1
    assert not files_under(tmp_path / folders.SCRATCH)


def test_two_writers_of_the_same_content_at_once(tmp_path):
    with write_batch(tmp_path, layer=Layer.RAW, name="roster", keys=KEYS) as one:
        one.keep_original(io.BytesIO(b"x"))
        with write_batch(tmp_path, layer=Layer.RAW, name="roster", keys=KEYS) as two:
            two.keep_original(io.BytesIO(b"x"))
            ref = two.commit()
        assert one.commit() == ref


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), write_batch(tmp_path, layer=Layer.RAW, name="roster", keys=KEYS) as writer:
        writer.keep_original(io.BytesIO(b"x"))
        writer.write(ROWS)
        raise ZeroDivisionError
    assert files_under(tmp_path) == []


def test_without_commit_nothing_is_visible(tmp_path):
    with write_batch(tmp_path, layer=Layer.RAW, name="roster", keys=KEYS) as writer:
        writer.keep_original(io.BytesIO(b"x"))
        writer.write(ROWS)
        assert queries.batches(tmp_path, layer=Layer.RAW, name="roster") == ()
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "", "A", "x" * 80])
def test_names_cannot_climb_out(tmp_path, name):
    with pytest.raises(Refused), write_batch(tmp_path, layer=Layer.RAW, name=name, keys=KEYS):
        pass


@pytest.mark.faults
def test_a_killed_writer_leaves_nothing_visible_and_is_swept(tmp_path):
    program = textwrap.dedent(f"""
        import io, sys, time
        from pathlib import Path
        import pyarrow as pa
        from zhigong.lake.operations import write_batch
        from zhigong.lake.types import LakeKeys, Layer
        with write_batch(Path({str(tmp_path)!r}), layer=Layer.RAW, name="roster",
                         keys=LakeKeys("k1", {{"k1": bytes(32)}})) as writer:
            writer.keep_original(io.BytesIO(b"x"))
            writer.write(pa.record_batch({{"a": ["b"]}}))
            print("ready", flush=True)
            time.sleep(60)
    """)
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with child, child.stdout as lines:
        assert lines.readline() == "ready\n"
        assert sweep(tmp_path) == 0, "a living writer is left alone"
        child.send_signal(signal.SIGKILL)
    assert files_under(tmp_path) != []
    assert queries.batches(tmp_path, layer=Layer.RAW, name="roster") == ()
    assert sweep(tmp_path) == 1
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("at_once", [False, True])
def test_any_change_to_a_stored_file_is_noticed(tmp_path, at_once):
    """Refused, or harmless (a byte no reader looks at): never other data."""
    ref = store(tmp_path)
    expected, refused = _read_all(ref, at_once=at_once), 0
    for name in ("part-00000.parquet", folders.ORIGINAL):
        path = ref.path / name
        kept = path.read_bytes()
        for offset in range(0, len(kept), max(1, len(kept) // 40)):
            path.write_bytes(kept[:offset] + bytes([kept[offset] ^ 1]) + kept[offset + 1 :])
            refused += _refused_or(ref, expected, at_once=at_once)
            path.write_bytes(kept[:offset])
            assert _refused_or(ref, expected, at_once=at_once)
        path.write_bytes(kept)
    assert _read_all(ref, at_once=at_once) == expected
    assert refused > 60


def _refused_or(ref, expected, *, at_once):
    try:
        assert _read_all(ref, at_once=at_once) == expected
    except Refused:
        return True
    return False


def _read_all(ref, keys=KEYS, *, at_once=False):
    batches = [queries.table(ref, keys=keys)] if at_once else queries.rows(ref, keys=keys)
    found = [batch.to_pydict() for batch in batches]
    with queries.original(ref, keys=keys) as stream:
        return found, stream.read()


def test_parts_cannot_be_swapped_between_batches(tmp_path):
    one, two = store(tmp_path, b"one"), store(tmp_path, b"two")
    (one.path / "part-00000.parquet").write_bytes((two.path / "part-00000.parquet").read_bytes())
    with pytest.raises(Refused):
        _read_all(one)


def test_wrong_missing_and_retired_keys(tmp_path):
    ref = store(tmp_path)
    with pytest.raises(Refused):
        list(queries.rows(ref, keys=OTHER))
    with pytest.raises(Refused):
        list(queries.rows(ref))
    with pytest.raises(Refused, match="缺少密钥"):
        list(queries.rows(ref, keys=LakeKeys("k2", {"k2": bytes(32)})))
    rotated = LakeKeys("k2", {"k2": bytes(32), **KEYS.keys})
    assert sum(batch.num_rows for batch in queries.rows(ref, keys=rotated)) == 2
    assert "\\x01" not in repr(KEYS)


def test_a_dropped_batch_is_gone(tmp_path):
    drop_batch(store(tmp_path))
    assert files_under(tmp_path) == []


@given(st.lists(st.binary(max_size=3_000_000 // 8), max_size=12))
def test_sealed_streams_round_trip(pieces):
    sink = io.BytesIO()
    sealer = sealing.Sealer(sink, bytes(32))
    for piece in pieces:
        sealer.write(piece)
    sealer.close()
    opened = io.BufferedReader(sealing.Opener(io.BytesIO(sink.getvalue()), bytes(32), ""))
    assert opened.read() == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, sealing.CHUNK - 1, sealing.CHUNK, sealing.CHUNK + 1, 3 * sealing.CHUNK])
def test_sealed_streams_at_chunk_borders(size):
    sink, data = io.BytesIO(), os.urandom(size)
    sealer = sealing.Sealer(sink, bytes(32))
    sealer.write(data)
    sealer.close()
    sealed = sink.getvalue()
    assert io.BufferedReader(sealing.Opener(io.BytesIO(sealed), bytes(32), "")).read() == data
    cuts = {len(sealed) - 1, len(sealed) // 2, 8 + sealing.CHUNK + sealing.TAG}
    for cut in (cut for cut in cuts if cut < len(sealed)):
        with pytest.raises(Refused):
            io.BufferedReader(sealing.Opener(io.BytesIO(sealed[:cut]), bytes(32), "")).read()
