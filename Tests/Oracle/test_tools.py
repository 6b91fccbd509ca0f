"""One cluster, whoever made it: crmsh, pcs, or a document in any format."""

import unittest

from meaning import differences
from support import HAS_CRM, NO_CRM, ROOT, Case, crmsync, environment, query, run

MASAKARI = ROOT / "fixtures" / "masakari"
KEY = "consumer:token:secret"


class ToolTests(Case):
    def plan(self, cib, document, *options):
        return crmsync("plan", MASAKARI / document, "--cib-file", cib, "--detailed-exitcode", *options,
                       env=environment(MAAS_APIKEY=KEY))

    def assertInSync(self, cib):
        """No document of the cluster finds anything to do, nothing is left over, and the oracle sees no difference."""
        for document in ("cluster.yaml", "cluster.json", "cluster.xml"):
            for options in ((), ("--prune-all", "--exact")):
                with self.subTest(document=document, options=options):
                    result = self.assertStatus(0, self.plan(cib, document, *options))
                    self.assertIn("in sync", result.out.lower())
        self.assertEqual(differences(query(cib), str(MASAKARI / "cluster.xml")), [])

    @unittest.skipUnless(HAS_CRM, NO_CRM)
    def test_crm_configure(self):
        cib = self.copy(MASAKARI / "current.xml")
        commands = (MASAKARI / "crm.txt").read_text()
        self.assertStatus(0, run("crm", "--force", "configure", stdin=commands, env=environment(CIB_file=cib)))
        self.assertInSync(cib)

    def test_pcs(self):
        cib = self.copy(MASAKARI / "current.xml")
        self.assertStatus(0, run(MASAKARI / "pcs.sh", cib, timeout=400))
        self.assertInSync(cib)

    def test_documents(self):
        for document in ("cluster.yaml", "cluster.json", "cluster.xml"):
            with self.subTest(document):
                cib = self.copy(MASAKARI / "current.xml")
                self.assertStatus(2, self.plan(cib, document))
                self.assertStatus(0, crmsync("apply", MASAKARI / document, "--cib-file", cib, "--yes",
                                             env=environment(MAAS_APIKEY=KEY)))
                self.assertInSync(cib)

    def test_a_difference_is_noticed(self):
        cib = self.copy(MASAKARI / "cluster.xml")
        cib.write_text(cib.read_text().replace('value="eth1"', 'value="eth7"'))
        result = self.assertStatus(2, self.plan(cib, "cluster.yaml"))
        self.assertIn("eth7", result.out)


if __name__ == "__main__":
    unittest.main()
