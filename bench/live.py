#!/usr/bin/python3
"""Measures a small apply on a running cluster beside the bare tools, in turn, and prints ratios as run.py does.

The cluster is the lab's, three members; what is applied is another value of one parameter. Needs root, as the lab does,
and says so where it cannot have it.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Live"))
os.environ.setdefault("CRMSYNC", str(ROOT / ".build" / "release" / "crmsync"))

import run  # noqa: E402
from lab import MEMBERS, WHY_NOT, Lab  # noqa: E402

DOCUMENT = """properties: {stonith-enabled: false, stop-all-resources: true}
primitives:
  measured: {agent: 'ocf:pacemaker:Dummy', params: {fake: %s}}
"""
MEMBER = MEMBERS[0]
WARM_UP = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=41)
    turns = parser.parse_args().turns
    if WHY_NOT:
        print(f"a live cluster: not measured: {WHY_NOT}")
        return
    lab = Lab()
    try:
        lab.up("--remotes", "0")
        measure(lab, turns)
    finally:
        lab.down()


def measure(lab, turns):
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
        os.chmod(folder, 0o755)
        folder = Path(folder)
        document, patch = folder / "document.yaml", folder / "patch.xml"
        inside = lab.inside(MEMBER)
        numbers = itertools.count()

        def new_document():
            document.write_text(DOCUMENT % f"v{next(numbers)}")

        def apply():
            new_document()
            return run.measure(*inside, "crmsync", "apply", "--yes", document)

        def bare():
            new_document()
            # Not measured: the patch is what the plan is.
            text = subprocess.run([*inside, "crmsync", "plan", "--no-simulate", "--format", "xml", document],
                                  check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            patch.write_bytes(text)
            return run.measure(
                *inside, "sh", "-c", "cibadmin --query; exec cibadmin --patch --xml-file \"$0\"", patch)

        for _ in range(WARM_UP):
            apply()
        pairs = run.in_turn(turns, apply, bare)
        for of in ("wall", "cpu"):
            run.row("live apply / cibadmin -Q + --patch", pairs, "1.3" if of == "wall" else "", of)


if __name__ == "__main__":
    main()
