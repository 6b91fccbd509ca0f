#!/usr/bin/python3
"""Measures the fencing agents: start-up beside a C program with the same libraries, and a whole fencing beside the BMC.

The whole fencing goes through cluster-glue's stonith(8), which looks for plugins in one folder only: a copy of it with
ours in it is mounted there in a mount namespace of its own, which needs root.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import ROOT, compiled, heading, in_turn, measure, row

sys.path.insert(0, str(ROOT / "fixtures" / "maas-sandbox"))
from maas_sandbox import Sandbox  # noqa: E402

BUILD = ROOT / ".build" / "release"
PLUGINS = "/usr/lib/stonith/plugins/external"
C_PROGRAM = """
#include <stddef.h>
#include <stdio.h>
#include <curl/curl.h>
#include <json-c/json.h>
#include <oauth.h>
int main(int count, char **arguments) {
  if (count > 9) { curl_easy_init(); oauth_gen_nonce(); json_tokener_new(); }
  return puts("hostnames\\nurl\\napikey") < 0;
}
"""


def start_up(turns):
    program = compiled("agent", C_PROGRAM, "-lcurl-gnutls", "-loauth", "-ljson-c")
    os.environ["hostnames"] = "node1 node2"
    for verb in ("getconfignames", "gethosts", "getinfo-xml"):
        row(f"external/maas {verb} / C program", in_turn(
            turns, lambda: measure(BUILD / "maas", verb), lambda: measure(program)), "1.3")
    row("fence_maas --action=metadata / C program", in_turn(
        turns, lambda: measure(BUILD / "fence_maas", "--action=metadata"), lambda: measure(program)))


def whole_fencing(turns):
    """Seconds beyond what the BMC takes to switch off, and the same for each part of stonith's own way."""
    if not shutil.which("stonith") or not Path(PLUGINS).is_dir():
        sys.exit("whole fencing: not measured, there is no cluster-glue")
    mount = f"mount --bind {{copy}} {PLUGINS}"
    with tempfile.TemporaryDirectory() as copy:
        for plugin in Path(PLUGINS).iterdir():
            shutil.copy2(plugin, copy)
        installed = Path(copy) / "maas"
        shutil.copy2(BUILD / "maas", installed)
        installed.chmod(0o755)
        for delay in (0, 1, 3):
            with Sandbox(machines=[{"hostname": "node1", "bmc": {"off_delay": delay, "on_delay": 0}}], version="3.4") as maas:
                command = f"{mount.format(copy=copy)} && exec stonith -t external/maas " + " ".join(
                    f"'{name}={value}'" for name, value in maas.environment.items()
                    if name in ("url", "apikey", "hostnames")) + " -T reset node1"
                times = []
                for _ in range(turns):
                    start = time.perf_counter()
                    subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", command], check=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    times.append(time.perf_counter() - start)
                    assert not maas.dangers(), maas.dangers()
                    time.sleep(0.2)
                over = [one - delay for one in times]
                print(f"stonith -T reset, BMC {delay} s: {statistics.median(over):.3f} s more than the BMC, "
                      f"at most {max(over):.3f}; bar 0.3", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns")
    quick = parser.parse_args().quick
    heading("agent", "C")
    with tempfile.TemporaryDirectory() as folder:
        start_up(5 if quick else 31)
        for name in ("maas", "fence_maas"):
            stripped = Path(folder) / name
            subprocess.run(["strip", "-o", stripped, BUILD / name], check=True)
            print(f"stripped {name}: {stripped.stat().st_size / 1e6:.1f} MB of 10 MB")
    whole_fencing(2 if quick else 5)


if __name__ == "__main__":
    main()
