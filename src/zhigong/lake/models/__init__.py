"""SQL files as models: what each reads, in which order they run, which column is made from which — all from the SQL.

sqlglot is used nowhere else in the lake; what it may be asked is in `parsing`.
"""

from zhigong.lake.models.planning import lineage, needed_by, plan
from zhigong.lake.models.running import run_models

__all__ = ["lineage", "needed_by", "plan", "run_models"]
