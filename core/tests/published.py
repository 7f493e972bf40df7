"""Descriptions that sources publish of their APIs: read where they are at hand, else said to be missing."""

from pathlib import Path

import pytest

SPECS = Path(__file__).parents[3] / "shared/specs"


def published(name: str) -> bytes:
    """The file of that name. A test that asks for one that is not there is skipped."""
    path = SPECS / name
    if not path.exists():
        # Without the name, so that pytest tells all of them in one line.
        pytest.skip(f"nothing is compared with what sources publish of their APIs: it is not in {SPECS}")
    return path.read_bytes()
