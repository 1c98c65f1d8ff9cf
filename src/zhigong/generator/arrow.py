"""Arrow without its stubs: these refuse calls that the kernels take (constants beside arrays, NumPy buffers)."""

from __future__ import annotations

from typing import Any

import pyarrow
import pyarrow.compute

pa: Any = pyarrow
pc: Any = pyarrow.compute
