"""Writes the city of today: `python -m zhigong.conf.demo_city.generating PROFILE SEED DAY FOLDER`. No Django."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

from zhigong.generator import operations as generator
from zhigong.kernel.errors import Refused


def main(profile: str, seed: str, day: str, folder: str) -> int:
    """Write the files; a refusal goes to stdout as one JSON object."""
    try:
        generator.generate(out=Path(folder), profile=profile, seed=int(seed), as_of=date.fromisoformat(day))
    except Refused as reason:
        print(json.dumps(reason.as_dict(), ensure_ascii=False))  # the parent reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
