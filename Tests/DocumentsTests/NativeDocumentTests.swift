import CIB
import Desired
import Testing
import XML

@testable import Documents

@Suite struct NativeDocumentTests {
  // MARK: Values

  @Test func valuesComeFromManyPlaces() {
    let outcome = read(
      """
      primitives:
        p:
          agent: ocf:heartbeat:Dummy
          params:
            text: 0644
            empty: ''
            list: [a, b, 1.10]
            literal: {value: x}
            literal-list: {value: [x, y], id: pair-id}
            file: {file: /etc/key}
            env: {env: KEY}
            keep: {keep: secret}
            kept: crmsync:keep-secret
            none: {no-value: true}
            shared: {ref: other-pair}
            unset:
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.object("p")?.element.first("instance_attributes")?.xml() == """
        <instance_attributes>
          <nvpair name="text" value="0644"/>
          <nvpair name="empty" value=""/>
          <nvpair name="list" value="a b 1.10"/>
          <nvpair name="literal" value="x"/>
          <nvpair id="pair-id" name="literal-list" value="x y"/>
          <nvpair name="file" crmsync:file="/etc/key"/>
          <nvpair name="env" crmsync:env="KEY"/>
          <nvpair name="keep" crmsync:keep="secret"/>
          <nvpair name="kept" crmsync:keep="secret"/>
          <nvpair name="none"/>
          <nvpair name="shared" id-ref="other-pair"/>
          <nvpair name="unset" crmsync:unset=""/>
        </instance_attributes>

        """)
  }

  @Test func theRecordIsNoSetOfADocument() {
    let outcome = read("properties: [{id: crmsync-record, set: {a: b}}]")
    #expect(outcome.messages.count == 1 && outcome.configuration.settings.isEmpty)
  }

  @Test func valuesThatAreNone() {
    let hint =
      "\n  hint: a map here is one of {value: TEXT}, {file: PATH}, {env: NAME}, {keep: secret}, {no-value: true}, {ref: ID}"
    #expect(
      messages(
        """
        properties:
          a: {valeu: x}
          b: {wherever: x}
          c: {file: a, env: b}
          d: {}
          e: {keep: other}
          f: {no-value: false}
          g: [a, [b]]
          h: {file: [a]}
          i: {file: ''}
          j: {ref: r, id: i}
          k: {value: {value: x}}
          l: {value: null}
          m: [a, null]
        """) == [
          "c.yaml:2:7: error: 'properties', 'a': unknown key 'valeu'\n  hint: did you mean 'value'?",
          "c.yaml:3:7: error: 'properties', 'b': unknown key 'wherever'" + hint,
          "c.yaml:4:6: error: 'properties', 'c': one key says where the value is" + hint,
          "c.yaml:5:6: error: 'properties', 'd': one key says where the value is" + hint,
          "c.yaml:6:13: error: 'properties', 'e': 'keep' must be 'secret'",
          "c.yaml:7:17: error: 'properties', 'f': 'no-value' must be 'true'",
          "c.yaml:8:10: error: 'properties', 'g': items of the list must be text, not a list",
          "c.yaml:9:13: error: 'properties', 'h': 'file' must be text, not a list",
          "c.yaml:10:13: error: 'properties', 'i': 'file' is empty",
          "c.yaml:11:6: error: 'properties', 'j': 'id' cannot stand beside 'ref'",
          "c.yaml:12:14: error: 'properties', 'k' must be text, not a map",
          "c.yaml:13:14: error: 'properties', 'l' must be text, not null",
          "c.yaml:14:10: error: 'properties', 'm': items of the list must be text, not null",
        ])
  }

  @Test func jsonSaysTheSame() {
    let outcome = read(
      #"{"primitives": {"p": {"agent": "ocf:x:y", "params": {"a": 1.10, "b": true, "c": null, "d": [1, "x"]}}}}"#,
      .json, name: "c.json")
    #expect(outcome.messages == [])
    #expect(
      outcome.xml("p") == """
        <primitive id="p" class="ocf" provider="x" type="y">
          <instance_attributes>
            <nvpair name="a" value="1.10"/>
            <nvpair name="b" value="true"/>
            <nvpair name="c" crmsync:unset=""/>
            <nvpair name="d" value="1 x"/>
          </instance_attributes>
        </primitive>

        """)
  }

  // MARK: The document

  @Test func anEmptyDocumentIsAnError() {
    #expect(messages("") == ["c.yaml:1:1: error: the document is empty\n  hint: a document that says nothing is '{}'"])
    #expect(
      messages("null", .json) == [
        "c.yaml:1:1: error: the document is empty\n  hint: a document that says nothing is '{}'"
      ])
    #expect(read("{}").messages == [])
    #expect(read("{}").configuration == DesiredConfiguration())
  }

  @Test func sectionsMayBeCommentedOut() {
    #expect(messages("primitives:\n#  p: {}\nplacement:\n") == [])
  }

  @Test func theDocumentIsAMap() {
    #expect(messages("- a") == ["c.yaml:1:1: error: the document must be a map, not a list"])
    #expect(messages("a") == ["c.yaml:1:1: error: the document must be a map, not text"])
  }

  @Test func unknownSectionsGetASuggestion() {
    #expect(
      messages("primitves: {}\nresource_defaults: {}\nrsc_defaults: {}\nfoo: {}") == [
        "c.yaml:1:1: error: the document: unknown key 'primitves'\n  hint: did you mean 'primitives'?",
        "c.yaml:2:1: error: the document: unknown key 'resource_defaults'\n  hint: did you mean 'resource-defaults'?",
        "c.yaml:3:1: error: the document: unknown key 'rsc_defaults'\n  hint: did you mean 'resource-defaults'?",
        "c.yaml:4:1: error: the document: unknown key 'foo'\n  hint: the keys here are: properties, resource-defaults, "
          + "operation-defaults, primitives, templates, groups, clones, bundles, remotes, stonith, placement, nodes, "
          + "locations, colocations, orders, tickets, tags, fencing-levels, acl-roles, acl-targets, acl-groups, alerts, "
          + "xml, order, delete",
      ])
  }

  @Test func allErrorsComeAtOnceInOrder() {
    #expect(
      messages(
        """
        groups: {g: {members: []}}
        primitives:
          1p: {agent: IPaddr2}
          p: {agent: ocf:heartbeat:IPaddr2, agent: lsb:x}
        properties: [x]
        primitives: {q: {}}
        """) == [
          "c.yaml:1:23: error: group 'g', members: the list is empty",
          "c.yaml:3:3: error: primitive '1p': the id '1p' is no XML name\n"
            + "  hint: an id begins with a letter or '_' and consists of letters, digits, '-', '_' and '.'",
          "c.yaml:3:15: error: primitive '1p': the agent 'IPaddr2' has no class\n"
            + "  hint: write CLASS:TYPE, or ocf:PROVIDER:TYPE, for instance 'ocf:heartbeat:IPaddr2'",
          "c.yaml:4:37: error: duplicate key 'agent', already given at line 4, column 7",
          "c.yaml:5:14: error: 'properties' must be a map, not text",
          "c.yaml:6:1: error: duplicate key 'primitives', already given at line 2, column 1",
          "c.yaml:6:14: error: primitive 'q': 'agent' is missing\n"
            + "  hint: for instance 'agent: ocf:heartbeat:IPaddr2'; or 'template:'",
        ])
  }

  @Test func sectionsHaveTheirType() {
    #expect(
      messages("primitives: [a]\nplacement: {}\norder: x\ndelete: {a: b}\nnodes: [n]\nproperties: x\nxml: {}\ntags: x")
        == [
          "c.yaml:1:13: error: 'primitives' must be a map from ids to objects, not a list",
          "c.yaml:2:12: error: 'placement' must be a list, not a map",
          "c.yaml:3:8: error: 'order' must be a list, not text",
          "c.yaml:4:9: error: 'delete' must be a list, not a map",
          "c.yaml:5:8: error: 'nodes' must be a map from node names to what they have, not a list",
          "c.yaml:6:13: error: 'properties' must be a map, or a list of sets, not text",
          "c.yaml:7:6: error: 'xml' must be a list, not a map",
          "c.yaml:8:7: error: 'tags' must be a map from ids to objects, not text",
        ])
  }

  @Test(arguments: ["-p", "1", "a b", "", "a:b", "a/b", "é-x"])
  func idsAreXMLNames(id: String) {
    let isName = id == "é-x"
    for key in ["primitives", "templates", "remotes"] {
      let value = key == "remotes" ? "{}" : "{agent: lsb:x}"
      #expect(messages("\(key): {'\(id)': \(value)}").isEmpty == isName, "\(key)")
    }
    #expect(messages("acl-groups: {'\(id)': []}").isEmpty == isName)
    #expect(messages("acl-targets: {'\(id)': []}") == [])
    #expect(messages("nodes: {'\(id)': {id: '\(id)'}}") == [])
    #expect(messages("tickets: {t: {ticket: '\(id)', rsc: r}}") == [])
    #expect(messages("properties: [{id: '\(id)', set: {}}]").isEmpty == isName)
    #expect(messages("delete: ['\(id)']").isEmpty == isName)
  }

  // MARK: Resources

  @Test func agentsHaveTheirParts() {
    let outcome = read(
      "primitives: {a: {agent: 'systemd:unit@x:y'}, b: {agent: 'ocf:p:t:u'}, c: {template: t}, d: {agent: 'service:x'}}"
    )
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <primitive id="a" class="systemd" type="unit@x:y"/>
        <primitive id="b" class="ocf" provider="p" type="t:u"/>
        <primitive id="c" template="t"/>
        <primitive id="d" class="service" type="x"/>

        """)
    #expect(
      messages(
        """
        primitives:
          a: {agent: ocf:IPaddr2}
          b: {agent: OCF:heartbeat:IPaddr2}
          c: {agent: 'lsb:'}
          d: {agent: ocf::x}
          e: {agent: lsb:x, template: t}
          f: {agent: [x]}
          g: x
        """) == [
          "c.yaml:2:14: error: primitive 'a': the agent 'ocf:IPaddr2' has no provider\n"
            + "  hint: write ocf:PROVIDER:TYPE, for instance 'ocf:heartbeat:IPaddr2'",
          "c.yaml:3:14: error: primitive 'b': unknown agent class 'OCF'\n  hint: did you mean 'ocf'?",
          "c.yaml:4:14: error: primitive 'c': the agent 'lsb:' is incomplete",
          "c.yaml:5:14: error: primitive 'd': the agent 'ocf::x' is incomplete",
          "c.yaml:6:21: error: primitive 'e': 'agent' and 'template' exclude each other",
          "c.yaml:7:14: error: primitive 'f': 'agent' must be text, not a list",
          "c.yaml:8:6: error: primitive 'g' must be a map, not text",
        ])
  }

  @Test func setsStandInTheOrderOfTheSchema() {
    let outcome = read(
      """
      primitives:
        p:
          operations: {id: ops, list: [{id: m, name: monitor, interval: 5, params: {a: b}, meta: {c: d}}, {ref: o}]}
          utilization: {cpu: 1}
          meta: [{id: m1, set: {e: f}}, {score: 5, set: {}}]
          params: {}
          description: text
          agent: lsb:x
        q: {agent: lsb:x, operations: {ref: ops}, params: []}
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <primitive id="p" class="lsb" type="x" description="text">
          <meta_attributes id="m1">
            <nvpair name="e" value="f"/>
          </meta_attributes>
          <meta_attributes score="5"/>
          <utilization>
            <nvpair name="cpu" value="1"/>
          </utilization>
          <operations id="ops">
            <op id="m" name="monitor" interval="5">
              <instance_attributes>
                <nvpair name="a" value="b"/>
              </instance_attributes>
              <meta_attributes>
                <nvpair name="c" value="d"/>
              </meta_attributes>
            </op>
            <op id-ref="o"/>
          </operations>
        </primitive>
        <primitive id="q" class="lsb" type="x">
          <operations id-ref="ops"/>
        </primitive>

        """)
  }

  @Test func operationsAreChecked() {
    #expect(
      messages(
        """
        templates:
          t:
            agent: lsb:x
            operations:
              - {name: monitor, interval: 5, depth: 0}
              - {name: monitor, intervall: 5}
              - {interval: 5}
              - {name: monitor, interval: 5}
              - {name: start, enabled: yes, on-fail: fnce}
              - {ref: x, name: start}
              - {name: monitor, interval: 5, id: other}
        """) == [
          "c.yaml:5:38: error: template 't', operations: unknown key 'depth'\n"
            + "  hint: parameters of an operation go under 'params:'",
          "c.yaml:6:25: error: template 't', operations: unknown key 'intervall'\n  hint: did you mean 'interval'?",
          "c.yaml:7:9: error: template 't', operations: 'name' is missing",
          "c.yaml:8:9: error: template 't', operations: 'monitor' with interval '5' is there already, at line 5",
          "c.yaml:9:32: error: template 't', operations: 'enabled' must be true or false, not 'yes'",
          "c.yaml:9:46: error: template 't', operations: 'on-fail' cannot be 'fnce'\n  hint: did you mean 'fence'?",
          "c.yaml:10:18: error: template 't', operations: 'name' cannot stand beside 'ref'",
          "c.yaml:11:9: error: template 't', operations: 'monitor' with interval '5' is there already, at line 8",
        ])
    #expect(
      messages("primitives: {p: {agent: lsb:x, operations: {monitor: {interval: 5}}}}") == [
        "c.yaml:1:45: error: primitive 'p', operations: unknown key 'monitor'\n"
          + "  hint: operations are a list: [{name: monitor, interval: 10s}]"
      ])
    #expect(
      messages("primitives: {p: {agent: lsb:x, operations: monitor}}") == [
        "c.yaml:1:44: error: primitive 'p', operations must be a list, not text"
      ])
  }

  @Test func setsAreChecked() {
    #expect(
      messages(
        """
        primitives:
          p: {agent: lsb:x, params: [{ip: 1}], meta: [{set: x}, {ref: a, score: 1}, {score: big}], utilization: x}
        """) == [
          "c.yaml:2:31: error: primitive 'p', params: unknown key 'ip'\n"
            + "  hint: in a list of sets, the values of a set go under 'set:'",
          "c.yaml:2:53: error: primitive 'p', meta: 'set' must be a map, not text",
          "c.yaml:2:66: error: primitive 'p', meta: 'score' cannot stand beside 'ref'",
          "c.yaml:2:85: error: primitive 'p', meta: 'score' must be a whole number or INFINITY, +INFINITY, -INFINITY, "
            + "not 'big'",
          "c.yaml:2:105: error: primitive 'p', utilization must be a map, or a list of sets, not text",
        ])
  }

  @Test func remotesHaveDefaultsThatCanBeReplaced() {
    let outcome = read(
      """
      remotes:
        a: {server: 10.0.0.1, port: 3122, meta: {allow-migrate: false}, params: {reconnect_interval: 30, x: y}}
        b: {params: {server: 10.0.0.2, reconnect_interval: null}, operations: []}
        c:
        d: {operations: [{name: monitor, interval: 10}, {name: start}], description: text}
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <primitive id="a" class="ocf" provider="pacemaker" type="remote">
          <instance_attributes>
            <nvpair name="server" value="10.0.0.1"/>
            <nvpair name="port" value="3122"/>
            <nvpair name="reconnect_interval" value="30"/>
            <nvpair name="x" value="y"/>
          </instance_attributes>
          <meta_attributes>
            <nvpair name="allow-migrate" value="false"/>
          </meta_attributes>
          <operations>
            <op name="monitor" interval="30s"/>
          </operations>
        </primitive>
        <primitive id="b" class="ocf" provider="pacemaker" type="remote">
          <instance_attributes>
            <nvpair name="server" value="10.0.0.2"/>
            <nvpair name="reconnect_interval" crmsync:unset=""/>
          </instance_attributes>
        </primitive>
        <primitive id="c" class="ocf" provider="pacemaker" type="remote">
          <instance_attributes>
            <nvpair name="reconnect_interval" value="60"/>
          </instance_attributes>
          <operations>
            <op name="monitor" interval="30s"/>
          </operations>
        </primitive>
        <primitive id="d" class="ocf" provider="pacemaker" type="remote" description="text">
          <instance_attributes>
            <nvpair name="reconnect_interval" value="60"/>
          </instance_attributes>
          <operations>
            <op name="monitor" interval="10"/>
            <op name="start" interval="0"/>
          </operations>
        </primitive>

        """)
    #expect(outcome.configuration.objects.allSatisfy { $0.form == .remote })
    #expect(
      messages("remotes: {a: {server: x, params: {server: y}}, b: {params: [x]}, c: {agent: x}}") == [
        "c.yaml:1:35: error: remote 'a': 'server' is given twice, also outside of 'params'",
        "c.yaml:1:60: error: remote 'b': 'params' must be a map\n"
          + "  hint: a remote with several sets of parameters is written as a primitive, 'agent: ocf:pacemaker:remote'",
        "c.yaml:1:70: error: remote 'c': unknown key 'agent'\n  hint: the keys here are: server, port, params, meta, "
          + "operations, utilization, description",
      ])
  }

  @Test func fencingDevicesNeedAnAgent() {
    let outcome = read(
      "stonith: {a: {agent: 'stonith:fence_ipmilan', meta: {x: y}}, b: {agent: 'external/ipmi'}, "
        + "c: {agent: 'stonith:ocf:x'}}")
    #expect(outcome.messages == [])
    #expect(outcome.object("c")?.element["type"] == "ocf:x")
    #expect(outcome.object("a")?.element["type"] == "fence_ipmilan")
    #expect(outcome.object("b")?.element["type"] == "external/ipmi")
    #expect(
      messages("stonith: {a: {params: {}}, b: {agent: 'stonith:'}, c: {agent: 'ocf:x:y'}}") == [
        "c.yaml:1:11: error: stonith 'a': 'agent' is missing\n  hint: for instance 'agent: external/ipmi'",
        "c.yaml:1:39: error: stonith 'b': 'agent' is empty",
        "c.yaml:1:63: error: stonith 'c': 'ocf:x:y' is no fencing agent\n  hint: other agents go under 'primitives:'; "
          + "here 'agent' is a name without a class, as 'external/ipmi'",
      ])
  }

  @Test func collectionsNeedTheirMembers() {
    #expect(
      messages(
        """
        groups: {a: {}, b: {members: x}, c: {members: [x, [y], x]}, d: {member: [x]}}
        clones: {e: {}, f: {resource: [x]}, g: {primitive: x}}
        bundles: {h: {}, i: {docker: {image: a}, rkt: {image: a}}, j: {podman: {replicas: two}}, k: {podman: x}}
        """) == [
          "c.yaml:1:10: error: group 'a': 'members' is missing",
          "c.yaml:1:30: error: group 'b', members must be a list, not text",
          "c.yaml:1:51: error: group 'c', members: items of the list must be text, not a list",
          "c.yaml:1:56: error: group 'c', members: 'x' is listed twice",
          "c.yaml:1:61: error: group 'd': 'members' is missing",
          "c.yaml:1:65: error: group 'd': unknown key 'member'\n  hint: did you mean 'members'?",
          "c.yaml:2:10: error: clone 'e': 'resource' is missing",
          "c.yaml:2:31: error: clone 'f': 'resource' must be text, not a list",
          "c.yaml:2:37: error: clone 'g': 'resource' is missing",
          "c.yaml:2:41: error: clone 'g': unknown key 'primitive'\n  hint: did you mean 'resource'?",
          "c.yaml:3:11: error: bundle 'h': 'podman', 'docker' or 'rkt' is missing",
          "c.yaml:3:42: error: bundle 'i': 'docker' and 'rkt' exclude each other",
          "c.yaml:3:64: error: bundle 'j', podman: 'image' is missing",
          "c.yaml:3:83: error: bundle 'j', podman: 'replicas' must be a whole number, not 'two'",
          "c.yaml:3:102: error: bundle 'k', podman must be a map, not text",
        ])
  }

  // MARK: Rules and constraints

  @Test func rulesAreCarriedOver() {
    let outcome = read(
      """
      locations:
        l:
          rsc: r
          rules:
            - id: r1
              score-attribute: prio
              role: Promoted
              boolean-op: and
              all:
                - {id: e1, attribute: a, gte: 3, type: number, value-source: param}
                - {attribute: b, defined: true}
                - {attribute: c, operation: eq}
                - {attribute: d, operation: ne, value: x}
                - {date: in_range, start: 2026-01-01, duration: {id: d1, hours: 8}}
                - {id: e2, date: date_spec, spec: {hours: 9-16, weekdays: 1-5}}
                - {date: gt, start: 2026-01-01}
                - {end: 2027-01-01}
                - {id: e3, resource: {class: ocf, provider: p, type: t}}
                - {operation: {id: e4, name: monitor, interval: 10s}}
                - {id: r2, any: [{attribute: a, eq: [x, y]}]}
            - {ref: r1}
          lifetime: [{all: [{date: lt, end: 2027-01-01}]}]
        m: {rsc-pattern: '^x', role: Started, rule: {score: 1, all: [{attribute: a, ne: b}]}, resource-discovery: never}
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <rsc_location id="l" rsc="r">
          <rule id="r1" score-attribute="prio" role="Promoted" boolean-op="and">
            <expression id="e1" attribute="a" operation="gte" value="3" type="number" value-source="param"/>
            <expression attribute="b" operation="defined"/>
            <expression attribute="c" operation="eq"/>
            <expression attribute="d" operation="ne" value="x"/>
            <date_expression operation="in_range" start="2026-01-01">
              <duration id="d1" hours="8"/>
            </date_expression>
            <date_expression id="e2" operation="date_spec">
              <date_spec hours="9-16" weekdays="1-5"/>
            </date_expression>
            <date_expression operation="gt" start="2026-01-01"/>
            <date_expression end="2027-01-01"/>
            <rsc_expression id="e3" class="ocf" provider="p" type="t"/>
            <op_expression id="e4" name="monitor" interval="10s"/>
            <rule id="r2" boolean-op="or">
              <expression attribute="a" operation="eq" value="x y"/>
            </rule>
          </rule>
          <rule id-ref="r1"/>
          <lifetime>
            <rule>
              <date_expression operation="lt" end="2027-01-01"/>
            </rule>
          </lifetime>
        </rsc_location>
        <rsc_location id="m" rsc-pattern="^x" role="Started" resource-discovery="never">
          <rule score="1">
            <expression attribute="a" operation="ne" value="b"/>
          </rule>
        </rsc_location>

        """)
  }

  @Test func rulesAreChecked() {
    #expect(
      messages(
        """
        locations:
          l:
            rsc: r
            rules:
              - {}
              - {all: [], any: []}
              - {all: []}
              - {any: [{attribute: a, eq: x}], boolean-op: and}
              - {all: [{attribute: a}, {atribute: a, eq: x}, {attribute: a, eq: x, ne: y}, x]}
              - {all: [{attribute: a, defined: false}, {attribute: a, eqq: x}]}
              - {all: [{date: later, start: x}, {date: date_spec, spec: {hour: 1}}]}
        """) == [
          "c.yaml:5:9: error: location 'l', rule: 'all' or 'any' is missing",
          "c.yaml:6:9: error: location 'l', rule: 'all' and 'any' exclude each other",
          "c.yaml:7:15: error: location 'l', rule: 'all' needs at least one expression",
          "c.yaml:8:10: error: location 'l', rule: 'any' contradicts 'boolean-op: and'",
          "c.yaml:9:16: error: location 'l', rule: the expression does not say how to compare\n"
            + "  hint: it needs one of: eq, ne, lt, lte, gt, gte, defined, not_defined",
          "c.yaml:9:32: error: location 'l', rule: this is no expression\n  hint: one is {attribute: NAME, eq: VALUE}, "
            + "{date: …}, {resource: {…}}, {operation: {…}}, {all: […]} or {any: […]}",
          "c.yaml:9:76: error: location 'l', rule: an expression compares once, 'ne' is too much",
          "c.yaml:9:84: error: location 'l', rule: this is no expression\n  hint: one is {attribute: NAME, eq: VALUE}, "
            + "{date: …}, {resource: {…}}, {operation: {…}}, {all: […]} or {any: […]}",
          "c.yaml:10:40: error: location 'l', rule: 'defined' must be true",
          "c.yaml:10:48: error: location 'l', rule: the expression does not say how to compare\n"
            + "  hint: it needs one of: eq, ne, lt, lte, gt, gte, defined, not_defined",
          "c.yaml:10:63: error: location 'l', rule: unknown key 'eqq'\n  hint: did you mean 'eq'?",
          "c.yaml:11:23: error: location 'l', rule: 'date' cannot be 'later'\n"
            + "  hint: it is one of: in_range, gt, lt, date_spec",
          "c.yaml:11:66: error: location 'l', rule: unknown key 'hour'\n  hint: did you mean 'hours'?",
        ])
  }

  @Test func constraintsAreCarriedOver() {
    let outcome = read(
      """
      locations: {a: {sets: [{id: s, resources: [x, y], role: Started}, {ref: t}], node: n, score: -INFINITY}}
      colocations: {b: {sets: [{resources: [x], sequential: true, score: 5}], score: 3, lifetime: {ref: r}, influence: 0}}
      orders: {c: {first: x, then: y, score: 5, symmetrical: false, require-all: true, then-action: stop}}
      tickets: {d: {ticket: any text, sets: [{resources: [x], ordering: group, require-all: false}]}}
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <rsc_location id="a" node="n" score="-INFINITY">
          <resource_set id="s" role="Started">
            <resource_ref id="x"/>
            <resource_ref id="y"/>
          </resource_set>
          <resource_set id-ref="t"/>
        </rsc_location>
        <rsc_colocation id="b" score="3" influence="0">
          <resource_set sequential="true" score="5">
            <resource_ref id="x"/>
          </resource_set>
          <lifetime>
            <rule id-ref="r"/>
          </lifetime>
        </rsc_colocation>
        <rsc_order id="c" first="x" then="y" score="5" symmetrical="false" require-all="true" then-action="stop"/>
        <rsc_ticket id="d" ticket="any text">
          <resource_set ordering="group" require-all="false">
            <resource_ref id="x"/>
          </resource_set>
        </rsc_ticket>

        """)
  }

  @Test func constraintsAreChecked() {
    #expect(
      messages(
        """
        locations:
          a: {rsc: x}
          b: {rsc: x, rsc-pattern: y, node: n, score: 1}
          c: {node: n, score: 1}
          d: {rsc: x, node: n}
          e: {rsc: x, score: 1, rules: [{all: [{attribute: a, eq: b}]}]}
          f: {rsc: x, rules: []}
          g: {rsc: x, node: n, score: 1, resource-discovery: exclusiv}
        colocations: {h: {rsc: x}, i: {}, j: {rsc: x, with-rsc: y, sets: [{resources: [z]}]}}
        orders: {k: {then: x}, l: {sets: []}, m: {sets: [{}, {resources: []}]}, n: {first: x, then: y, kind: mandatory}}
        tickets: {o: {rsc: x}, p: {ticket: t}}
        """) == [
          "c.yaml:2:3: error: location 'a': 'node', 'rules' or 'rule' is missing",
          "c.yaml:3:15: error: location 'b': 'rsc' and 'rsc-pattern' exclude each other",
          "c.yaml:4:3: error: location 'c': 'rsc', 'rsc-pattern' or 'sets' is missing",
          "c.yaml:5:3: error: location 'd': 'score' is missing",
          "c.yaml:6:15: error: location 'e': 'score' goes with 'node'\n  hint: with rules, each rule has a score",
          "c.yaml:7:22: error: location 'f': 'rules' is empty",
          "c.yaml:8:54: error: location 'g': 'resource-discovery' cannot be 'exclusiv'\n"
            + "  hint: did you mean 'exclusive'?",
          "c.yaml:9:15: error: colocation 'h': 'with-rsc' is missing",
          "c.yaml:9:28: error: colocation 'i': 'rsc' and 'with-rsc', or 'sets', are missing",
          "c.yaml:9:39: error: colocation 'j': 'rsc' and 'sets' exclude each other",
          "c.yaml:9:47: error: colocation 'j': 'with-rsc' and 'sets' exclude each other",
          "c.yaml:10:10: error: order 'k': 'first' is missing",
          "c.yaml:10:34: error: order 'l': 'sets' is empty",
          "c.yaml:10:50: error: order 'm', sets: 'resources' is missing",
          "c.yaml:10:66: error: order 'm', sets: the list is empty",
          "c.yaml:10:102: error: order 'n': 'kind' cannot be 'mandatory'\n  hint: did you mean 'Mandatory'?",
          "c.yaml:11:11: error: ticket 'o': 'ticket' is missing",
          "c.yaml:11:24: error: ticket 'p': 'rsc' or 'sets' is missing",
        ])
  }

  // MARK: Everything else

  @Test func theRestIsCarriedOver() {
    let outcome = read(
      """
      fencing-levels:
        - {target-pattern: 'n.*', level: 1, devices: [a]}
        - {id: f, target-attribute: rack, target-value: 1, index: 2, devices: 'a,b'}
      acl-roles: {r: {description: text, permissions: [{id: p, kind: deny, object-type: nvpair, attribute: x}]}}
      acl-targets: {u: {name: user, roles: [r, s]}, 'v w': []}
      alerts:
        a:
          path: /x
          description: text
          select: {attributes: [x, {id: sa, name: y}], nodes: true, fencing: false, resources: true}
          meta: {timeout: 5s}
          params: {p: q}
          recipients: [{id: rc, value: to, description: text, meta: {m: n}}]
        b: {path: /y, select: {attributes: true}}
      nodes:
        n1: {id: 1, type: remote, attributes: [{id: set, score: 2, set: {a: null}}]}
        n2:
      """)
    #expect(outcome.messages == [])
    #expect(outcome.configuration.objects.map(\.id) == ["n.*-1", "f", "r", "u", "v w", "a", "b"])
    #expect(
      outcome.objects == """
        <fencing-level target-pattern="n.*" index="1" devices="a"/>
        <fencing-level id="f" target-attribute="rack" target-value="1" index="2" devices="a,b"/>
        <acl_role id="r" description="text">
          <acl_permission id="p" kind="deny" object-type="nvpair" attribute="x"/>
        </acl_role>
        <acl_target id="u" name="user">
          <role id="r"/>
          <role id="s"/>
        </acl_target>
        <acl_target id="v w"/>
        <alert id="a" path="/x" description="text">
          <instance_attributes>
            <nvpair name="p" value="q"/>
          </instance_attributes>
          <meta_attributes>
            <nvpair name="timeout" value="5s"/>
          </meta_attributes>
          <select>
            <select_attributes>
              <attribute name="x"/>
              <attribute id="sa" name="y"/>
            </select_attributes>
            <select_nodes/>
            <select_resources/>
          </select>
          <recipient id="rc" value="to" description="text">
            <meta_attributes>
              <nvpair name="m" value="n"/>
            </meta_attributes>
          </recipient>
        </alert>
        <alert id="b" path="/y">
          <select>
            <select_attributes/>
          </select>
        </alert>

        """)
    #expect(
      outcome.configuration.nodes.map { $0.element.xml() }.joined() == """
        <node id="1" uname="n1" type="remote">
          <instance_attributes id="set" score="2">
            <nvpair name="a" crmsync:unset=""/>
          </instance_attributes>
        </node>
        <node uname="n2"/>

        """)
  }

  @Test func theRestIsChecked() {
    #expect(
      messages(
        """
        fencing-levels: [{level: 1, devices: [a]}, {target: a, level: 0, devices: []}, {target: a, target-pattern: b}, x]
        acl-roles: {r: {permissions: [{}, {kind: rite, xpath: a, reference: b}]}}
        acl-targets: {t: r}
        alerts: {a: {recipients: [{}], select: {node: true, nodes: yes}}}
        tags: {t: [], u: x, v: [a, a]}
        nodes: {n: {attribute: {}}, m: x}
        """) == [
          "c.yaml:1:18: error: 'fencing-levels': 'target', 'target-pattern', or 'target-attribute' and 'target-value' "
            + "are missing",
          "c.yaml:1:63: error: 'fencing-levels': 'level' must be at least 1, not '0'",
          "c.yaml:1:75: error: 'fencing-levels', devices: the list is empty",
          "c.yaml:1:80: error: 'fencing-levels': 'level' is missing",
          "c.yaml:1:80: error: 'fencing-levels': 'devices' is missing",
          "c.yaml:1:92: error: 'fencing-levels': 'target' and 'target-pattern' exclude each other",
          "c.yaml:1:112: error: 'fencing-levels' must be a map, not text",
          "c.yaml:2:31: error: acl-role 'r', permissions: 'kind' is missing",
          "c.yaml:2:31: error: acl-role 'r', permissions: 'xpath', 'reference' or 'object-type' is missing",
          "c.yaml:2:42: error: acl-role 'r', permissions: 'kind' cannot be 'rite'\n  hint: did you mean 'write'?",
          "c.yaml:2:58: error: acl-role 'r', permissions: 'xpath' and 'reference' exclude each other",
          "c.yaml:3:18: error: acl-target 't', roles must be a list, not text",
          "c.yaml:4:10: error: alert 'a': 'path' is missing",
          "c.yaml:4:27: error: alert 'a', recipients: 'value' is missing",
          "c.yaml:4:41: error: alert 'a', select: unknown key 'node'\n  hint: did you mean 'nodes'?",
          "c.yaml:4:60: error: alert 'a', select: 'nodes' cannot be 'yes'\n  hint: it is one of: true, false",
          "c.yaml:5:11: error: tag 't': the list is empty",
          "c.yaml:5:18: error: tag 'u' must be a list, not text",
          "c.yaml:5:28: error: tag 'v': 'a' is listed twice",
          "c.yaml:6:13: error: node 'n': unknown key 'attribute'\n  hint: did you mean 'attributes'?",
          "c.yaml:6:32: error: node 'm' must be a map, not text",
        ])
  }

  @Test func placementsAreChecked() {
    #expect(
      messages(
        """
        placement:
          - {resources: [a, a-b], nodes: [b-c, c]}
          - {resources: [x], nodes: [n 1]}
          - {resources: [a], nodes: [c]}
          - {resources: [y], nodes: [n], spread: high}
          - {resources: [], nodes: [n]}
          - {nodes: [n], sprad: 1}
        locations: {loc-y-n: {rsc: y, node: n, score: 0}}
        """) == [
          "c.yaml:2:21: error: duplicate id 'loc-a-b-c': this placement, and the placement at c.yaml:2:18\n"
            + "  hint: a placement makes one constraint loc-RESOURCE-NODE for each resource and node",
          "c.yaml:3:30: error: placement: 'n 1' cannot be a part of an id (loc-RESOURCE-NODE)\n"
            + "  hint: write it as a location constraint, with an id of your own",
          "c.yaml:4:18: error: duplicate id 'loc-a-c': this placement, and the placement at c.yaml:2:18\n"
            + "  hint: a placement makes one constraint loc-RESOURCE-NODE for each resource and node",
          "c.yaml:5:42: error: 'placement': 'spread' must be a whole number or INFINITY, +INFINITY, -INFINITY, not 'high'",
          "c.yaml:6:17: error: 'placement', resources: the list is empty",
          "c.yaml:7:5: error: 'placement': 'resources' is missing",
          "c.yaml:7:18: error: 'placement': unknown key 'sprad'\n  hint: did you mean 'spread'?",
          "c.yaml:8:13: error: duplicate id 'loc-y-n': this location, and the placement at c.yaml:5:18\n"
            + "  hint: a placement makes one constraint loc-RESOURCE-NODE for each resource and node",
        ])
  }

  @Test func deletionsAreRead() {
    let outcome = read(
      """
      delete: [a, {property: b}, {resource-default: c}, {operation-default: d}, {node-attribute: [n, e]},
        {utilization: [n, f]}, {acl-target: 'g h'}, {acl-group: i}, {fencing-level: [rack=1, 2]}]
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.configuration.deletions.map(\.target) == [
        .object(id: "a"), .property("b"), .resourceDefault("c"), .operationDefault("d"),
        .nodeAttribute(node: "n", name: "e"), .utilization(node: "n", name: "f"), .aclTarget(id: "g h"),
        .aclGroup(id: "i"), .fencingLevel(target: "rack=1", index: "2"),
      ])
    #expect(
      messages("delete: [{propery: x}, {}, {property: x, acl-group: y}, {utilization: n}, [x], {property: [x]}]") == [
        "c.yaml:1:11: error: 'delete': unknown key 'propery'\n  hint: did you mean 'property'?",
        "c.yaml:1:24: error: 'delete': each item names one thing\n  hint: for instance {property: NAME}",
        "c.yaml:1:28: error: 'delete': each item names one thing\n  hint: for instance {property: NAME}",
        "c.yaml:1:71: error: 'delete': 'utilization' must be [NODE, NAME]",
        "c.yaml:1:75: error: 'delete': items of the list must be text, not a list",
        "c.yaml:1:91: error: 'delete': 'property' must be text, not a list",
      ])
  }

  @Test func nothingIsBothDefinedAndDeleted() {
    #expect(
      messages(
        """
        primitives: {p: {agent: lsb:x}}
        properties: {a: b, u: null}
        resource-defaults: {a: b}
        operation-defaults: {a: b}
        nodes: {n: {attributes: {a: b}, utilization: {a: b}}}
        acl-targets: {a: []}
        acl-groups: {a1: []}
        fencing-levels: [{target-attribute: a, target-value: b, level: 1, devices: [p]}]
        placement: [{resources: [p], nodes: [n]}]
        delete:
          - p
          - {property: a}
          - {property: u}
          - {resource-default: a}
          - {operation-default: a}
          - {node-attribute: [n, a]}
          - {utilization: [n, a]}
          - {acl-target: a}
          - {acl-group: a1}
          - {fencing-level: [a=b, 1]}
          - loc-p-n
          - a
          - {node-attribute: [m, a]}
        """) == [
          "c.yaml:11:5: error: 'p' is to be deleted, and is defined at c.yaml:1:14",
          "c.yaml:12:5: error: property 'a' is to be deleted, and is defined at c.yaml:2:14",
          "c.yaml:14:5: error: resource default 'a' is to be deleted, and is defined at c.yaml:3:21",
          "c.yaml:15:5: error: operation default 'a' is to be deleted, and is defined at c.yaml:4:22",
          "c.yaml:16:5: error: attribute 'a' of node 'n' is to be deleted, and is defined at c.yaml:5:26",
          "c.yaml:17:5: error: utilization 'a' of node 'n' is to be deleted, and is defined at c.yaml:5:47",
          "c.yaml:18:5: error: ACL target 'a' is to be deleted, and is defined at c.yaml:6:15",
          "c.yaml:19:5: error: ACL group 'a1' is to be deleted, and is defined at c.yaml:7:14",
          "c.yaml:20:5: error: fencing level 1 of 'a=b' is to be deleted, and is defined at c.yaml:8:18",
          "c.yaml:21:5: error: 'loc-p-n' is to be deleted, and is defined at c.yaml:9:26",
        ])
  }

  @Test func idsAreUsedOnce() {
    #expect(
      messages(
        """
        groups: {p: {members: [x], meta: [{id: s, set: {a: {value: b, id: n}}}]}}
        primitives:
          p: {agent: lsb:x, params: [{id: s, set: {}}], operations: [{id: n, name: start}]}
        tags: {t: [p]}
        acl-targets: {t: []}
        properties: [{id: t, set: {}}]
        fencing-levels: [{target: a, level: 1, devices: [p]}, {target: a, level: 1, devices: [q]}]
        """) == [
          "c.yaml:3:3: error: duplicate id 'p': this primitive, and the group at c.yaml:1:10",
          "c.yaml:3:30: error: duplicate id 's': this <instance_attributes>, and the <meta_attributes> at c.yaml:1:35",
          "c.yaml:3:62: error: duplicate id 'n': this <op>, and the <nvpair> at c.yaml:1:49",
          "c.yaml:6:14: error: duplicate id 't': this <cluster_property_set>, and the tag at c.yaml:4:8",
          "c.yaml:7:55: error: duplicate id 'a-1': this fencing-level, and the fencing-level at c.yaml:7:18",
        ])
  }

  @Test func nodeIDsAreTheirOwnNameSpace() {
    #expect(
      messages("nodes: {a: {id: 1}, b: {id: p}, c: {id: 1}}\nprimitives: {p: {agent: lsb:x}}") == [
        "c.yaml:1:33: error: duplicate id '1': this node, and the node at c.yaml:1:9"
      ])
  }

  @Test func linesMayEndAsOnWindows() {
    let outcome = read("primitives:\r\n  p:\r\n    agent: lsb:x\r\n    descripton: y\r\n")
    #expect(outcome.xml("p") == "<primitive id=\"p\" class=\"lsb\" type=\"x\"/>\n")
    #expect(
      outcome.messages == [
        "c.yaml:4:5: error: primitive 'p': unknown key 'descripton'\n  hint: did you mean 'description'?"
      ])
  }

  @Test func xmlIsTakenApart() {
    let outcome = read(
      """
      xml:
        - in: resources
          content: |
            <group id="g"><!-- c --><primitive id="p" class="lsb" type="x"/></group>
        - {in: crm_config, content: '<cluster_property_set id="s"><nvpair id="s-a" name="a" value="crmsync:keep-secret"/></cluster_property_set>'}
        - {in: nodes, content: '<node id="1" uname="n"/>'}
      """)
    #expect(outcome.messages == [])
    #expect(
      outcome.objects == """
        <group id="g">
          <primitive id="p"/>
        </group>
        <primitive id="p" class="lsb" type="x"/>

        """)
    #expect(outcome.configuration.objects.allSatisfy { $0.form == .xml })
    #expect(outcome.configuration.objects.map(\.location.position.line) == [3, 3])
    #expect(
      outcome.configuration.settings.map { $0.element.xml() } == [
        """
        <cluster_property_set id="s">
          <nvpair id="s-a" name="a" crmsync:keep="secret"/>
        </cluster_property_set>

        """
      ])
    #expect(outcome.configuration.nodes.map(\.name) == ["n"])
    #expect(outcome.configuration.resourceOrders == [])
  }

  @Test func xmlIsChecked() {
    #expect(
      messages(
        """
        xml:
          - {in: resource, content: '<a/>'}
          - {in: resources, content: '<primitive id="p">'}
          - {in: configuration, content: '<tags/>'}
          - {in: constraints, content: '<rsc_location rsc="p"/>'}
          - {in: resources, content: '<primitive id="p" crmsync:file="/etc/shadow"/>'}
          - {content: x}
          - {in: tags}
          - {in: tags, content: [x]}
        """) == [
          "c.yaml:2:10: error: 'xml': there is no section 'resource'\n  hint: did you mean 'resources'?",
          "c.yaml:3:30: error: 'xml': the content is not valid XML: Premature end of data in tag primitive line 1 (line 1, "
            + "column 19 of it)",
          "c.yaml:4:34: error: <tags> is a section\n  hint: give its elements, 'in: tags'",
          "c.yaml:5:32: error: <rsc_location> has no id",
          "c.yaml:6:30: error: <primitive>: the attribute 'crmsync:file' is reserved",
          "c.yaml:7:5: error: 'xml': 'in' is missing",
          "c.yaml:8:5: error: 'xml': 'content' is missing",
          "c.yaml:9:25: error: 'xml': 'content' must be text, not a list",
        ])
  }

  @Test func whatAnAliasRepeatsIsSaidOnce() {
    #expect(
      messages(
        "primitives:\n  p: {agent: lsb:x, operations: &ops [{nme: x}]}\n  q: {agent: lsb:x, operations: *ops}\n"
      ).count == 4)
  }
}
