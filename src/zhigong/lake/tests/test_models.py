"""What a model reads, in which order models run, which column comes from which: all told by their SQL."""

import multiprocessing
import os

import pyarrow as pa
import pytest

from zhigong.kernel.errors import Conflict, Refused
from zhigong.lake import operations as lake
from zhigong.lake import queries
from zhigong.lake.types import Layer

RELATIONS = {"people": ["id", "born"], "pay": ["who", "fen"]}


def plan(**texts):
    return queries.plan(texts, relations=RELATIONS)


def test_models_run_after_what_they_read():
    models = plan(
        a="SELECT id, total FROM z",
        z="SELECT p.id, sum(y.fen) AS total FROM people AS p JOIN pay AS y ON y.who = p.id GROUP BY p.id",
    )
    assert [model.name for model in models] == ["z", "a"]
    with lake.Engine() as engine:
        inputs = {"people": pa.table({"id": [1, 2], "born": [0, 0]}), "pay": pa.table({"who": [1, 1], "fen": [5, 6]})}
        made = lake.run_models(engine, models, inputs)
    assert made["a"].to_pydict() == {"id": [1], "total": [11]}


def test_lineage_follows_columns_through_with_subquery_union_and_models():
    models = plan(
        z="WITH own AS (SELECT who, fen AS f FROM pay) SELECT p.id, (SELECT max(f) FROM own) AS top FROM people AS p",
        a="SELECT id AS one FROM z UNION ALL SELECT top + id AS one FROM z",
    )
    assert queries.lineage(models)["z"] == {"id": {"people.id"}, "top": {"pay.fen"}}
    assert queries.lineage(models)["a"] == {"one": {"people.id", "pay.fen"}}


def test_what_only_joins_or_filters_is_used_but_no_origin():
    (model,) = plan(z="SELECT p.id FROM people AS p JOIN pay AS y ON y.who = p.id WHERE y.fen > 0")
    assert model.lineage == {"id": {"people.id"}}
    assert model.uses == {"people": {"id"}, "pay": {"who", "fen"}}


def test_a_circle_is_refused_and_shown():
    with pytest.raises(Refused, match="圈"):
        plan(a="SELECT id FROM b", b="SELECT id FROM a")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT id FROM nowhere", "nowhere"),
        ("SELECT age FROM people", "age"),
        ("SELECT id FROM people; DROP TABLE people", "2 条语句"),
        ("DELETE FROM people", "SELECT"),
        ("SELECT * FROM people", r"\*"),
        ("SELECT p FROM people AS p", "整行"),
        ("SELECT id, id FROM people", "名字"),
        ("SELECT date_diff('year', born, born) AS x FROM people", "DATEDIFF"),
        ("SELECT age(born) AS x FROM people", "AGE"),
        ("SELECT count(*) FILTER (WHERE id = 1) AS n FROM people", "FILTER"),
        ("SELECT id FROM read_parquet('/etc/x')", "READ_PARQUET"),
        ("SELECT id FROM '/etc/passwd'", "passwd"),
        ("SELECT getenv('HOME') AS x", "GETENV"),
        ("SELECT random() AS x", "RAND"),
        ("SELECT current_date AS x", "CURRENT_DATE"),
        ("SELECT CAST(id AS DOUBLE) AS x FROM people", "DOUBLE"),
        ("SELECT id FROM people LIMIT 1", "LIMIT"),
        ("SELECT id FROM other.people", "other"),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r", "RECURSIVE"),
        ("SELEC id", "SELEC"),
    ],
)
def test_what_models_must_not_do_is_refused_with_the_reason(sql, why):
    with pytest.raises(Refused, match=why) as refusal:
        plan(z=sql)
    assert "z" in refusal.value.where or "z" in str(refusal.value)


def test_a_model_may_not_take_the_name_of_a_relation():
    with pytest.raises(Refused, match="重名"):
        plan(pay="SELECT id FROM people")


def test_a_failing_model_is_named():
    with lake.Engine() as engine, pytest.raises(Refused, match="模型 z"):
        lake.run_models(
            engine, plan(z="SELECT sum(born) AS s FROM people"), {"people": pa.table({"id": [1], "born": ["x"]})}
        )


def keep(root, value):
    with lake.write_batch(root, layer=Layer.FACTS, name="numbers") as writer:
        writer.write(pa.table({"a": [value]}))
        return writer.commit(version=f"v{value}")


def test_readers_keep_their_snapshot_while_the_next_is_put_in_force(tmp_path):
    assert queries.snapshot(tmp_path, name="facts") is None
    lake.swap_snapshot(tmp_path, "facts", {"numbers": keep(tmp_path, 1)}, {"day": "1"})
    reading = queries.snapshot(tmp_path, name="facts")
    lake.swap_snapshot(tmp_path, "facts", {"numbers": keep(tmp_path, 2)}, {"day": "2"})
    now = queries.snapshot(tmp_path, name="facts")
    values = [
        [row["a"] for rows in queries.rows(one.datasets["numbers"]) for row in rows.to_pylist()]
        for one in (reading, now)
    ]
    assert (values, now.number, now.notes) == ([[1], [2]], 2, {"day": "2"})


def test_a_writer_killed_before_the_rename_changes_nothing(tmp_path, monkeypatch):
    lake.swap_snapshot(tmp_path, "facts", {"numbers": keep(tmp_path, 1)}, {})

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", die)
        with pytest.raises(KeyboardInterrupt):
            lake.swap_snapshot(tmp_path, "facts", {"numbers": keep(tmp_path, 2)}, {})
    assert queries.snapshot(tmp_path, name="facts").number == 1
    lake.swap_snapshot(tmp_path, "facts", {"numbers": keep(tmp_path, 3)}, {})
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == ["facts.json"]


def _hold(root, ready, release):
    with lake.one_writer(root):
        ready.set()
        release.wait(20)
        os._exit(9)


def test_one_writer_at_a_time_and_the_lock_dies_with_its_holder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, release))
    holder.start()
    assert ready.wait(20)
    with pytest.raises(Conflict), lake.one_writer(tmp_path):
        pass
    release.set()
    holder.join(20)
    with lake.one_writer(tmp_path):
        pass


def test_a_batch_without_rows_still_knows_its_columns(tmp_path):
    with lake.write_batch(tmp_path, layer=Layer.FACTS, name="none") as writer:
        writer.write(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}))
        ref = writer.commit(version="v")
    assert queries.schema(ref).names == ["a", "b"]
    assert [rows.schema.names for rows in queries.rows(ref, columns=["b"])] == [["b"]]
