"""The database's own guards, each shown to be the one that holds; and the machine under random acts."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.city import TODAY

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.casework.models import Case, Step
from zhigong.casework.policies import RECHECK_TRANSITIONS, STEP_TRANSITIONS, TRANSITIONS, level_above, level_for
from zhigong.casework.tests.stage import POOR, Stage, set_stage
from zhigong.casework.types import CaseState, StepState
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CADRES = ("grassroots", "street", "district", "city")


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def refused(statement: str) -> bool:
    """Whether the database refuses a statement; undone either way."""
    try:
        with transaction.atomic():
            touched = execute(statement)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return touched == 0


def test_the_database_keeps_the_same_machines_as_the_policies(stage: Stage):
    kept = set(fetch("SELECT machine, before, after FROM casework_transition"))
    said = {("case", a.value, b.value) for a, row in TRANSITIONS.items() for b in row}
    said |= {("step", a.value, b.value) for a, row in STEP_TRANSITIONS.items() for b in row}
    said |= {("recheck", a.value, b.value) for a, row in RECHECK_TRANSITIONS.items() for b in row}
    assert kept == said


BY_MEMBER = (
    "UPDATE casework_case SET state = 5, closed_on = '2026-11-22'",
    "UPDATE casework_case SET amount_fen = 99999999",
    "UPDATE casework_case SET content = '{}'",
    "UPDATE casework_step SET state = 3, done_on = '2026-11-22', action = 'pass' WHERE state = 2",
    "UPDATE casework_entitlement SET state = 3",
    "INSERT INTO casework_decision SELECT * FROM casework_decision",
    "DELETE FROM casework_event",
)
BY_STREET = (
    "UPDATE casework_step SET state = 3, done_on = '2026-11-22', action = 'pass' WHERE state = 2",
    "UPDATE casework_step SET state = 2, opened_on = '2026-11-22' WHERE ordinal = 3",
    "UPDATE casework_case SET state = 6, closed_on = '2026-11-22', paid_on = '2026-11-22'",
    "UPDATE casework_case SET content = '{}'",
    "UPDATE casework_case SET service_version = 'another'",
    "UPDATE casework_event SET text = 'another'",
    "DELETE FROM casework_case",
)


CLOSE = "UPDATE casework_recheck SET state = 5, closed_on = '2026-11-22', closed_by = gen_random_uuid(), outcome = 1"
# Who tries what against a re-check that waits for the member's answer; the lowest level alone closes it.
RECHECKS = (
    ("street", CLOSE, True),
    ("grassroots", CLOSE, False),
    ("grassroots", CLOSE.replace("outcome = 1", "outcome = 3"), True),
    ("grassroots", "UPDATE casework_recheck SET due_on = '2030-01-01'", True),
    ("grassroots", "UPDATE casework_recheck SET grade_before = 'deep'", True),
    ("grassroots", "DELETE FROM casework_recheck", True),
    ("member", CLOSE, True),
    (
        "member",
        "UPDATE casework_recheck SET state = 2, answered_on = '2026-11-22', answered_by = gen_random_uuid()",
        True,
    ),
)


@pytest.mark.parametrize(("who", "statement", "held"), RECHECKS)
def test_a_re_check_is_closed_by_its_own_level_and_keeps_what_was_asked(stage: Stage, who, statement, held):
    from zhigong.casework.models import Recheck
    from zhigong.casework.moving import scoped

    case = stage.apply(person := stage.join(**POOR))
    with stage.system():
        kept = scoped(Case.objects.get(id=case))
        day = {"opened_on": TODAY, "due_on": TODAY, "answer_by": TODAY}
        Recheck(**kept, entitlement_id=uuid7(), round=1, level=4, **day).save(force_insert=True)
    with stage.member(person) if who == "member" else stage.cadre(who):
        assert refused(statement) is held


@pytest.mark.parametrize("statement", BY_MEMBER)
def test_a_member_writes_nothing_but_her_own_part(stage: Stage, statement: str):
    stage.apply(person := stage.join(**POOR))
    with stage.member(person):
        assert refused(statement)


@pytest.mark.parametrize("statement", BY_STREET)
def test_a_cadre_cannot_skip_rewrite_or_delete(stage: Stage, statement: str):
    stage.apply(stage.join(**POOR))
    with stage.cadre("street"):
        assert refused(statement)


def test_another_member_and_another_district_see_nothing(stage: Stage):
    case = stage.apply(stage.join(**POOR))
    other = stage.join("d2s1g1", name="李四", **POOR)
    stage.appoint("elsewhere", "d2")
    for scope in (stage.member(other), stage.cadre("elsewhere")):
        with scope as by:
            assert not Case.objects.filter(id=case).exists()
            with pytest.raises(Refused):
                queries.case(by, case)


def test_a_changed_case_is_no_longer_sound(stage: Stage):
    from zhigong.casework.models import Decision
    from zhigong.casework.queries.lines import is_sound

    case = stage.apply(stage.join(**POOR))
    stage.act("grassroots", case, "refuse", note="入户核实不符")
    with stage.system():
        kept, decision = Case.objects.get(), Decision.objects.get()
        assert is_sound(decision, kept)
        kept.content["facts"]["household_size"]["value"] = 9
        assert not is_sound(decision, kept)
        decision.reasons = []
        assert not is_sound(decision, Case.objects.get())


@given(chain=st.tuples(st.just(1), *(st.sampled_from((0, n)) for n in (2, 3, 4))), level=st.integers(1, 4))
def test_levels_fall_upward_only(chain, level):
    acting = level_for(chain, level)
    assert acting <= level and (chain[acting - 1] or acting == 1)
    assert not any(chain[n - 1] for n in range(acting + 1, level + 1))
    above = level_above(chain, level)
    assert above is None or (above < level and chain[above - 1])


ACTS = st.lists(
    st.tuples(
        st.sampled_from((*CADRES, "member", "clock")),
        st.sampled_from(("pass", "return", "refuse", "supplement", "publish", "supply", "withdraw")),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_under_random_acts_no_case_skips_a_level_and_a_replay_changes_nothing(stage: Stage, acts):
    with transaction.atomic():
        person = stage.join(name=f"张{stage.serial}", **POOR)
        case, day = stage.apply(person, key=uuid7().hex), TODAY
        for who, action, days in acts:
            day += timedelta(days=days)
            key, open_ = uuid7().hex, steps(stage, case)
            again = partial(
                attempt, stage, who, action, case, person, day, key, step=open_[-1][1] if open_ else "check"
            )
            done = again()
            before = standing(stage, case)
            if done:
                assert again(), "the same request again, whatever stands open by now"
            assert standing(stage, case) == before
            check_sound(stage, case)
        transaction.set_rollback(True)


def attempt(stage: Stage, who: str, action: str, case, person, day, key: str, *, step: str) -> bool:
    """Whether the act was done; refusals are fine, anything else fails the test."""
    try:
        with transaction.atomic():
            if who == "clock":
                with stage.system(on=day) as by:
                    casework.run_clock(by=by)
            elif who == "member":
                as_member(stage, action, case, person, day, key)
            else:
                stage.act(who, case, action, on=day, note="请说明情况", step=step, key=key)
    except Refused:
        return False
    return True


def as_member(stage: Stage, action: str, case, person, day, key: str) -> None:
    with stage.member(person, on=day) as by:
        if action == "withdraw":
            casework.withdraw_case(by=by, case_id=case, key=key)
        else:
            casework.supply(by=by, case_id=case, answers={}, text="补充说明", key=key)


def steps(stage: Stage, case) -> list[tuple[int, str]]:
    with stage.system():
        return list(Step.objects.filter(case_id=case, state=StepState.OPEN).values_list("ordinal", "step_id"))


def standing(stage: Stage, case) -> list:
    """Everything about a case but the time."""
    with stage.system(), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(c)::text FROM casework_case c WHERE id = %s", [case])
        rows = cursor.fetchall()
        for table in ("step", "event", "supplement", "publicity", "decision"):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM casework_{table} t WHERE case_id = %s ORDER BY id", [case])
            rows += cursor.fetchall()
        return rows


def check_sound(stage: Stage, case) -> None:
    """Every step before the open one is done; done steps were acted on at their level; the end matches the steps."""
    with stage.system():
        kept = Case.objects.get(id=case)
        rows = list(Step.objects.filter(case_id=case).order_by("round", "ordinal"))
        open_ = [one for one in rows if one.state == StepState.OPEN]
        latest = {one.ordinal: one for one in rows}
        state = CaseState(kept.state)
        assert len(open_) == (1 if state.is_open else 0)
        if open_:
            assert all(latest[n].state == StepState.DONE for n in range(1, open_[0].ordinal))
        if state is CaseState.GRANTED:
            assert all(one.state == StepState.DONE for one in latest.values())
        assert (kept.due_on is None) == (state not in (CaseState.RUNNING, CaseState.PUBLICITY))
