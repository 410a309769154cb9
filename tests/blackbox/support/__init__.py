"""What the black-box tests share. The servers come from deploy/local/stack, as in `make run`."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy" / "local"))
