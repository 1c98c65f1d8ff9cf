"""Loads the demo city: `python -m zhigong.conf.demo_city FOLDER`, as role job. What is there already stays as it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from zhigong.conf.runtime import choose_role
from zhigong.kernel.errors import Refused


def main(folder: Path) -> int:
    """Load the city of a folder; a refusal goes to stdout as one JSON object."""
    choose_role("job")
    import django

    django.setup()
    from zhigong.conf.demo_city import loading

    try:
        loading.load(folder)
    except Refused as reason:
        print(json.dumps(reason.as_dict(), ensure_ascii=False))  # the parent reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
