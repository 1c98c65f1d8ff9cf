"""The whole catalogue of services looked at: every folder, every dated parameter, every policy case."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from zhigong.catalogue import folders, loading, policycases, words
from zhigong.catalogue.schemas import CatalogueRefused
from zhigong.catalogue.types import CheckReport, Problem
from zhigong.catalogue.words import Words
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused


def check() -> CheckReport:
    """Counts of facts, parameters, services and cases, and everything that is wrong with them."""
    found = [*folders.strays(), *_parameters()]
    checked = Counter(parameters=len(words.shared_names()), services=0, cases=0, facts=0)
    try:
        vocabulary = loading.present()
    except Refused as reason:
        found.append(Problem(**reason.as_dict()))
    else:
        checked["facts"] = len(vocabulary)
        for service_id in folders.ids():
            if folders.ID.fullmatch(service_id):
                checked["services"] += 1
                checked["cases"] += _service(service_id, vocabulary, found)
    return CheckReport(checked=dict(checked), problems=tuple(found))


def _service(service_id: str, vocabulary: Words, found: list[Problem]) -> int:
    try:
        loaded = loading.load(service_id, vocabulary=vocabulary)
    except CatalogueRefused as reason:
        found += reason.problems
        return 0
    except Refused as reason:
        found.append(Problem(**reason.as_dict()))
        return 0
    where = f"{folders.ROOT}/{service_id}/cases.yaml"
    found += [
        Problem(
            where, f"例子「{one.name}」不符：{'；'.join(one.differences)}。", do="请核对规则、金额或例子，三者须一致。"
        )
        for one in policycases.run(loaded.service, loaded.cases)
        if one.differences
    ]
    return len(loaded.cases)


def _parameters() -> list[Problem]:
    found = []
    paths = [path for path in resources.all_under("parameters") if path.endswith(".yaml")]
    for name in sorted({PurePosixPath(path).stem for path in paths}):
        try:
            words.shared(name)
        except Refused as reason:
            found.append(Problem(**reason.as_dict()))
    return found
