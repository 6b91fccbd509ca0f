"""`plan --watch` as someone sees it who leaves it running."""

import json
import queue
import subprocess
import threading
import unittest

from support import PROGRAM, Case, crmsync, environment, run


class Watching(Case):
    def setUp(self):
        super().setUp()
        self.cib = self.folder / "cib.xml"
        self.cib.write_text(run("cibadmin", "--empty").out)
        self.document = self.file("d.yaml", "properties: {cluster-delay: 61s}\n")

    def watch(self, *options):
        process = subprocess.Popen(
            [PROGRAM, "plan", "--watch", "--interval", "0.1", self.document, "--cib-file", self.cib, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
        self.lines = queue.Queue()
        reader = threading.Thread(target=lambda: [self.lines.put(line) for line in process.stdout])
        reader.start()
        self.addCleanup(lambda: (process.kill(), reader.join(), process.wait(), process.stdout.close()))

    def line(self):
        return self.lines.get(timeout=30).rstrip("\n")

    def apply(self):
        self.assertStatus(0, crmsync("apply", "--yes", self.document, "--cib-file", self.cib))

    def other(self):
        self.assertStatus(0, run("crm_attribute", "--type", "crm_config", "--name", "cluster-delay", "--update", "65s",
                                 env=environment(CIB_file=self.cib)))

    def test_leaves_and_comes_back(self):
        self.watch()
        self.assertRegex(self.line(), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  out of sync$")
        self.assertEqual("    + create property  cluster-delay  61s", self.line())
        self.apply()
        self.assertRegex(self.line(), r"  in sync again$")
        self.other()
        self.assertRegex(self.line(), r"  out of sync$")
        self.assertEqual("    ~ update property  cluster-delay  65s -> 61s", self.line())
        # A document that changes is noticed as well.
        self.document.write_text("properties: {cluster-delay: 65s}\n")
        self.assertRegex(self.line(), r"  in sync again$")

    def test_goes_on_where_there_is_no_cluster_for_a_while(self):
        self.apply()
        self.watch()
        self.assertRegex(self.line(), r"  in sync$")
        away = self.cib.rename(self.folder / "away.xml")
        self.assertIn("no CIB file", self.line())
        self.assertIn("hint:", self.line())
        away.rename(self.cib)
        self.assertRegex(self.line(), r"  in sync$")

    def test_json_is_a_line_each(self):
        self.watch("--format", "json")
        self.assertFalse(json.loads(self.line())["plan"]["inSync"])
        self.apply()
        self.assertTrue(json.loads(self.line())["plan"]["inSync"])

    def test_what_it_cannot_do(self):
        for options in (("--format", "xml"), ("--out", "plan.json"), ("--interval", "0"), ("--interval", "nan")):
            with self.subTest(options):
                self.assertStatus(64, crmsync("plan", "--watch", self.document, "--cib-file", self.cib, *options))
        self.assertStatus(64, crmsync("plan", "--watch", "-", "--cib-file", self.cib))


if __name__ == "__main__":
    unittest.main()
