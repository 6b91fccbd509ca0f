"""`graph`: pictures that Graphviz draws and a browser shows, with all that is to be seen in them."""

import html
import json
import re
import unittest

from lxml import etree

from support import ROOT, Case, corpus, crmsync, environment, run, say, two_at_a_time

SVG = "{http://www.w3.org/2000/svg}"
RUNNING = ROOT / "fixtures" / "running"


def texts(svg):
    """The pieces of text of a picture, as someone reads them."""
    read = [re.sub("\\s+", " ", "".join(text.itertext()).replace("\xa0", " ")).strip()
            for text in etree.fromstring(svg.encode()).iter(SVG + "text")]
    return [text for text in read if text]


MEASURE = """
const all = [...document.querySelectorAll('svg text')], boxes = all.map(text => text.getBoundingClientRect());
const whole = document.querySelector('svg').getBoundingClientRect();
const cells = [...document.querySelectorAll('svg g.node')].map(node => node.getBoundingClientRect());
const cut = [], overlapping = [];
boxes.forEach((one, i) => {
  if (one.left < whole.left || one.right > whole.right || one.top < whole.top || one.bottom > whole.bottom)
    cut.push(all[i].textContent);
  for (let j = i + 1; j < boxes.length; j++) {
    const other = boxes[j];
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    // Boxes of text have room above and below the letters.
    if (wide > 2 && high > 5) overlapping.push(all[i].textContent + ' / ' + all[j].textContent);
  }
});
const smallest = Math.min(...all.map(text => parseFloat(getComputedStyle(text).fontSize)));
document.body.innerHTML = '<pre id="result"></pre>';
document.getElementById('result').textContent =
  JSON.stringify({count: all.length, cut, overlapping, smallest, width: whole.width, scripts: window.ran || 0});
"""


class Graph(Case):
    def in_a_browser(self, svg):
        """What a browser makes of the picture."""
        # Without the XML declaration and the DOCTYPE: as a part of a page.
        page = self.file("page.html", "<!DOCTYPE html><meta charset='utf-8'><body style='margin:0'>"
                         + svg[svg.index("<svg"):] + f"<script>{MEASURE}</script></body>")
        shown = run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1600,1200",
                    f"--user-data-dir={self.folder / 'profile'}", "--dump-dom", page.as_uri())
        self.assertStatus(0, shown)
        return json.loads(html.unescape(re.search(r'<pre id="result">(.*?)</pre>', shown.out, re.DOTALL)[1]))

    def svg(self, cib, *documents):
        drawn = crmsync("graph", *documents, "--cib-file", cib)
        self.assertStatus(0, drawn)
        self.assertEqual("", drawn.err)
        return drawn.out

    def judge(self, svg, width):
        seen = self.in_a_browser(svg)
        self.assertGreater(seen["count"], 10)
        self.assertEqual([], seen["cut"])
        self.assertEqual([], seen["overlapping"])
        # 10 points and more are 13 pixels.
        self.assertGreaterEqual(seen["smallest"], 9.5)
        self.assertLessEqual(seen["width"], width)

    def test_a_running_cluster_and_a_plan(self):
        svg = self.svg(RUNNING / "current.xml", RUNNING / "change.yaml")
        read = texts(svg)
        for text in ["juju-f0373f-1-lxd-2", "online, DC", "1 remote node", "promoted", "fencing is off", "runs nowhere"]:
            self.assertIn(text, " ".join(read))
        # What is new, changed and going is told in words, behind its name.
        pairs = list(zip(read, read[1:]))
        # The name of a resource, in the fixture.
        self.assertIn(("new", "new"), pairs)
        self.assertIn(("gone", "going"), pairs)
        self.assertIn(("web-clone", "changed"), pairs)
        self.judge(svg, 1000)
        # Without documents there is nothing of the kind.
        self.assertNotIn("going", texts(self.svg(RUNNING / "current.xml")))

    def test_fifty_remote_nodes(self):
        names = [f"compute-{number:02}" for number in range(1, 51)]
        document = {
            "properties": {"symmetric-cluster": False, "stonith-enabled": True},
            "primitives": {"vip": {"agent": "ocf:heartbeat:IPaddr2", "params": {"ip": "10.0.0.9"}},
                           "proxy": {"agent": "lsb:haproxy"}, "app": {"agent": "ocf:pacemaker:Dummy"}},
            "groups": {"vips": {"members": ["vip"]}}, "clones": {"proxies": {"resource": "proxy"}},
            "stonith": {"st": {"agent": "external/maas", "params": {"hostnames": names}}},
            "remotes": {name: {"server": f"10.1.0.{number}"} for number, name in enumerate(names, 1)},
            "nodes": {f"m{number}": {"id": str(number)} for number in (1, 2, 3)},
            "colocations": {"c": {"rsc": "vips", "with-rsc": "proxies"}},
            "orders": {"o": {"first": "proxies", "then": "vips"}, "p": {"first": "vips", "then": "app"}},
            "placement": [{"resources": ["vips", "proxies", "st", "app"], "nodes": ["m1", "m2", "m3"]},
                          {"resources": names, "nodes": ["m1", "m2", "m3"], "spread": 200}]}
        cib = self.file("cib.xml", run("cibadmin", "--empty").out)
        self.assertStatus(0, crmsync("apply", self.file("d.json", json.dumps(document)), "--cib-file", cib))
        up = self.folder / "up.xml"
        self.assertStatus(0, run("crm_simulate", "--xml-file", cib, "--quorum", "true", "--node-up", "m1", "--node-up", "m2",
                                 "--node-up", "m3", "--save-output", up))
        for _ in range(3):
            self.assertStatus(0, run("crm_simulate", "--simulate", "--xml-file", up, "--quorum", "true", "--save-output", up))
        more = self.file("more.yaml", "remotes: {compute-51: {server: 10.1.0.99}}\nplacement:\n"
                         "  - {resources: [compute-51], nodes: [m1, m2, m3], spread: 200}\n"
                         "orders: {q: {first: vips, then: proxies, kind: Optional}}\ndelete: [p, compute-07]\n")
        svg = self.svg(up, more)
        read = texts(svg)
        for name in names + ["compute-51"]:
            self.assertIn(name, read)
        self.assertIn("51 remote nodes", read)
        self.assertIn("50 online", read)
        self.assertEqual(3, sum(bool(re.fullmatch(r"connects 1[67] remote nodes", text)) for text in read), read)
        self.judge(svg, 1600)

    def test_names_are_no_markup(self):
        """Node names are free text, in the CIB and for Graphviz and the browser."""
        hostile = ['"];evil [label="x', "<script>ran=1</script>", "a&amp;b", "</TABLE>>", "\\N\\G", "é ☃", "x" * 300]
        nodes = "".join(f'<node id="{number}" uname={quoted(name)}/>' for number, name in enumerate(hostile, 1))
        states = "".join(f'<node_state id="{number}" uname={quoted(name)} crmd="online" in_ccm="true" join="member" '
                         'expected="member"/>' for number, name in enumerate(hostile, 1))
        places = "".join(f'<rsc_location id="l{number}" rsc="r" node={quoted(name)} score="1"/>'
                         for number, name in enumerate(hostile, 1))
        cib = self.file("cib.xml", f"""<cib crm_feature_set="3.16.2" validate-with="pacemaker-3.9" epoch="1" num_updates="0"
            admin_epoch="0" have-quorum="1"><configuration><crm_config/><nodes>{nodes}</nodes><resources>
            <primitive id="r" class="ocf" provider="pacemaker" type="Dummy"/></resources><constraints>{places}</constraints>
            </configuration><status>{states}</status></cib>""")
        svg = self.svg(cib)
        read = texts(svg)
        for name in hostile:
            self.assertIn(name, read)
        self.assertEqual(0, self.in_a_browser(svg)["scripts"])

    def test_sets_of_an_order_meet(self):
        """All of a set before all of the next: a line for each resource, not for each pair of them."""
        first, then = [f"a{n}" for n in range(30)], [f"b{n}" for n in range(40)]
        document = {
            "properties": {"stonith-enabled": False},
            "primitives": {name: {"agent": "ocf:pacemaker:Dummy"} for name in [*first, "middle", *then]},
            "orders": {"all-before-all": {"sets": [{"resources": first, "sequential": False},
                                                   {"resources": then, "sequential": False}]},
                       "all-before-one": {"sets": [{"resources": first, "sequential": False}, {"resources": ["middle"]}]}}}
        drawn = self.svg(self.file("cib.xml", run("cibadmin", "--empty").out), self.file("d.json", json.dumps(document)))
        lines = [title.text for title in etree.fromstring(drawn.encode()).iterfind(f".//{SVG}g[@class='edge']/{SVG}title")]
        meeting = "order all-before-all 0"
        self.assertEqual({f"resource {name}->{meeting}" for name in first} | {f"{meeting}->resource {name}" for name in then}
                         | {f"resource {name}->resource middle" for name in first},
                         {line for line in lines if not line.startswith(("resources->", "idle->"))})

    def test_every_cib_can_be_drawn(self):
        def draw(path):
            return path, crmsync("graph", "--cib-file", path)

        paths = corpus()
        for path, drawn in two_at_a_time(draw, paths):
            self.assertStatus(0, drawn, path)
            etree.fromstring(drawn.out.encode())
        say(f"    {len(paths)} CIBs were drawn")

    def test_without_graphviz(self):
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "cibadmin").symlink_to("/usr/sbin/cibadmin")
        env = environment(PATH=programs)
        drawn = crmsync("graph", "--cib-file", RUNNING / "current.xml", env=env)
        self.assertStatus(69, drawn)
        self.assertEqual("crmsync: error: Graphviz's 'dot' cannot be started\n"
                         "  hint: install graphviz, or print --format dot\n", drawn.err)
        self.assertStatus(0, crmsync("graph", "--format", "dot", "--cib-file", RUNNING / "current.xml", env=env))


def quoted(name):
    return '"' + html.escape(name) + '"'


if __name__ == "__main__":
    unittest.main()
