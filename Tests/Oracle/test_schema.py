"""The JSON Schema of documents, judged by another implementation: what is read is valid, and what is not is told."""

import json
import re
import unittest

import jsonschema
import yaml

from support import PROGRAM, ROOT, Case, corpus, crmsync, run, say, two_at_a_time

# What editors read YAML with turns `yes` and 2026-01-01 into values of other types; crmsync takes them as text.
LOADER = yaml.BaseLoader


class Schema(Case):
    @classmethod
    def setUpClass(cls):
        schema = json.loads(crmsync("schema").out)
        jsonschema.Draft7Validator.check_schema(schema)
        cls.validator = jsonschema.Draft7Validator(schema)

    def errors(self, document):
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in self.validator.iter_errors(document)]

    def test_every_export_is_valid(self):
        def export(path):
            return path, crmsync("export", "--cib-file", path, "--format", "yaml")

        paths = corpus()
        for path, exported in two_at_a_time(export, paths):
            self.assertStatus(0, exported, path)
            for loader in (yaml.SafeLoader, LOADER):
                document = yaml.load(exported.out, Loader=loader)
                # A date is one of YAML's own, which JSON does not have.
                found = self.errors(json.loads(json.dumps(document or {}, default=str)))
                self.assertEqual([], found, f"{path} {loader}")
        say(f"    {len(paths)} exports are valid")

    def test_documents_of_the_project_are_valid(self):
        paths = sorted(ROOT.glob("fixtures/**/*.yaml"))
        seen = 0
        for path in paths:
            checked = crmsync("validate", path)
            if checked.status != 0 or path.parts[-2] == "maas-sandbox":
                continue
            document = yaml.load(path.read_text(), Loader=LOADER)
            if isinstance(document, dict):
                seen += 1
                self.assertEqual([], self.errors(document), path)
        self.assertGreater(seen, 20)
        text = (ROOT / "docs" / "documents.md").read_text()
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            self.assertEqual([], self.errors(yaml.load(block, Loader=LOADER)), block)

    def test_the_reference_is_up_to_date(self):
        made = run(ROOT / "scripts" / "reference", PROGRAM)
        self.assertStatus(0, made)
        self.assertEqual((ROOT / "docs" / "reference.md").read_text(), made.out, "scripts/reference CRMSYNC > docs/reference.md")

    def test_what_is_wrong_is_told(self):
        for wrong in ["primitive: {}", "primitives: {a: {agnet: lsb:x}}", "primitives: [a]", "remotes: {r: {sever: x}}",
                      "orders: {o: {first: a, then: b, kind: Maybe}}", "clones: {c: {resource: a, metta: {}}}",
                      "placement: [{resources: [a], node: [n]}]", "delete: [{proprety: x}]",
                      "primitives: {a: {agent: x, params: {p: {flie: /x}}}}",
                      "locations: {l: {rsc: a, rule: {all: [{attribute: x, equals: 1}]}}}"]:
            document = yaml.load(wrong, Loader=LOADER)
            self.assertNotEqual([], self.errors(document), wrong)
            self.assertStatus(65, crmsync("validate", self.file("wrong.yaml", wrong)), wrong)


if __name__ == "__main__":
    unittest.main()
