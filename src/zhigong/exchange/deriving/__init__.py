"""From live rows and links to facts: what a refresh does between linking and publishing.

The facts of everybody lie in the lake, pseudonymous; PostgreSQL gets those that changed.
"""

from zhigong.exchange.deriving.table import fact_table
from zhigong.exchange.deriving.types import FactTable, StageReport

__all__ = ["FactTable", "StageReport", "fact_table"]
