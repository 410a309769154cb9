"""Tests of the statements: of their generator, and of each statement of the tree on a real PostgreSQL."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "common" / "pg"), str(ROOT / "tests" / "blackbox")]
