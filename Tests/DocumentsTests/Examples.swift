/// The documents that the project's page of contracts shows.
enum Examples {
  static let first = """
    properties:                       # cluster options, in the set cib-bootstrap-options
      symmetric-cluster: false
      stonith-enabled: true
      no-quorum-policy: stop
    resource-defaults: {resource-stickiness: 100, failure-timeout: 180}
    primitives:
      res_masakari_321f78b_vip:
        agent: ocf:heartbeat:IPaddr2
        params: {ip: 10.0.0.236, nic: eth0, cidr_netmask: 24}
        operations:
          - {name: monitor, interval: 10s, timeout: 20s, params: {depth: 0}}
      res_masakari_haproxy:
        agent: lsb:haproxy
        operations: [{name: monitor, interval: 5s}]
    groups:
      grp_masakari_vips: {members: [res_masakari_321f78b_vip]}
    clones:
      cl_res_masakari_haproxy: {resource: res_masakari_haproxy, meta: {clone-max: 3}}
    remotes:                          # short for an ocf:pacemaker:remote primitive
      tidy-goose: {server: 10.0.0.161}
    stonith:                          # short for a primitive of class stonith
      st-maas:
        agent: external/maas
        params: {url: "http://10.0.0.205/MAAS", apikey: {file: /etc/crmsync/maas.key}, hostnames: [tidy-goose],
                 deadline: 170, pcmk_reboot_timeout: 180s, pcmk_off_timeout: 180s}
        operations: [{name: monitor, interval: 25, start-delay: 25, timeout: 25}]
    placement:                        # opt-in
      - resources: [grp_masakari_vips, cl_res_masakari_haproxy, st-maas]
        nodes: [juju-f0373f-1-lxd-2, juju-f0373f-2-lxd-1, juju-f0373f-3-lxd-3]
      - resources: [tidy-goose]       # spread: 200 on one node, 0 on the others
        nodes: [juju-f0373f-1-lxd-2, juju-f0373f-2-lxd-1, juju-f0373f-3-lxd-3]
        spread: 200
    nodes:                            # node attributes and utilization
      juju-f0373f-1-lxd-2: {attributes: {site: a}, utilization: {cpu: 4}}
    delete:                           # objects that must not exist
      - res_old_vip
      - {property: default-resource-failure-stickiness}

    """

  static let longForms = """
    primitives:
      db:
        agent: ocf:heartbeat:pgsql           # or template: t1
        params:                              # a map is the one plain set; a list is several, in order
          - {id: db-a, score: 10, rule: {score: INFINITY, all: [{attribute: '#uname', eq: n1}]}, set: {ip: 10.0.0.1}}
          - {ref: shared-params}             # id-ref; inside a set: {x: {ref: nvpair-id}}
        operations:                          # {ref: id} likewise; an operation is known by name and interval
          - {id: db-mon, name: monitor, interval: 10s, role: Promoted, meta: {}}
    properties:
      - {id: cib-bootstrap-options, set: {stonith-enabled: true}}
    order: [db, web]                         # of the top-level resources
    delete: [{node-attribute: [n1, y]}, {acl-target: u}, {fencing-level: [n1, 2]}]

    """

  static let allKinds = """
    operation-defaults: {timeout: 60s}                     # map or list of sets, as properties
    templates: {t1: {agent: ocf:heartbeat:Xen, operations: [{name: start, timeout: 300s}]}}
    bundles: {b1: {podman: {image: img}, network: {ip-range-start: 10.0.0.9, port-mapping: [{id: p1, port: 80}]},
                   storage: [{id: s1, source-dir: /a, target-dir: /b}], primitive: web}}
    locations:
      l1: {rsc: web, node: n1, score: 100}
      l2: {rsc: web, rules: [{score: -INFINITY, any: [{attribute: pingd, not_defined: true}, {attribute: pingd, lte: 0}]}]}
    colocations: {c1: {rsc: web, with-rsc: db, score: INFINITY, with-rsc-role: Promoted}}
    orders:
      o1: {first: db, first-action: promote, then: web, kind: Mandatory}
      o2: {kind: Serialize, sets: [{resources: [a, b], sequential: false, action: start}]}
    tickets: {k1: {ticket: A, rsc: web, loss-policy: stop}}
    tags: {t: [web, db]}
    fencing-levels: [{target: n1, level: 1, devices: [st-a, st-b]}]      # or target-pattern, …
    acl-roles: {r1: {permissions: [{kind: read, xpath: "//nodes"}]}}
    acl-targets: {alice: [r1]}
    acl-groups: {ops: [r1]}
    alerts: {a1: {path: /usr/local/bin/a, recipients: [{value: /var/log/x}]}}
    xml: [{in: resources, content: "<primitive id='x' class='ocf' provider='p' type='t'/>"}]

    """
}
