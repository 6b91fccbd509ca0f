"""Clusters of a given size: three members, R remote nodes, a group of addresses, a cloned proxy, fencing."""

MEMBERS = ("member-1", "member-2", "member-3")
# Those that crm_resource has metadata of.
AGENTS = ("ocf:heartbeat:IPaddr2", "ocf:pacemaker:remote", "stonith:external/maas")
ADDRESSES = ("10.0.0.236", "10.70.0.236", "10.80.0.236")


def remotes(count):
    return [(f"remote-{number:05}", f"10.{1 + number // 65000}.{number // 250 % 250}.{1 + number % 250}")
            for number in range(count)]


def cib():
    """The cluster before: its members, and nothing else."""
    nodes = "".join(f'<node id="{number}" uname="{name}"/>' for number, name in enumerate(MEMBERS, 1))
    return ('<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">'
            f"<configuration><crm_config/><nodes>{nodes}</nodes><resources/><constraints/></configuration><status/></cib>\n")


def yaml(count):
    """The cluster wanted, as a person would write it."""
    members = ", ".join(MEMBERS)
    names = ", ".join(name for name, _ in remotes(count))
    lines = [
        "properties: {symmetric-cluster: false, stonith-enabled: true, no-quorum-policy: stop}",
        "primitives:",
        *(f"  vip-{number}: {{agent: 'ocf:heartbeat:IPaddr2', params: {{ip: {address}, cidr_netmask: 24}}, "
          "operations: [{name: monitor, interval: 10s, timeout: 20s}]}" for number, address in enumerate(ADDRESSES, 1)),
        "  haproxy: {agent: 'lsb:haproxy', operations: [{name: monitor, interval: 5s}]}",
        "groups: {vips: {members: [vip-1, vip-2, vip-3]}}",
        "clones: {cl-haproxy: {resource: haproxy, meta: {clone-max: 3}}}",
        "remotes:",
        *(f"  {name}: {{server: {address}}}" for name, address in remotes(count)),
        "stonith:",
        "  st: {agent: external/maas, params: {url: 'http://10.0.0.205/MAAS', apikey: 'a:b:c', "
        f"hostnames: [{names}]}}, operations: [{{name: monitor, interval: 25, start-delay: 25, timeout: 25}}]}}",
        "placement:",
        f"  - {{resources: [vips, cl-haproxy, st], nodes: [{members}]}}",
        f"  - {{resources: [{names}], nodes: [{members}], spread: 200}}",
    ]
    return "\n".join(lines) + "\n"


def status(count):
    """What the members remember of remote nodes that run all of them, in turn on each."""
    def history(name, place, here):
        common = 'op-status="0" crm-debug-origin="do_update_resource" last-rc-change="1764000000" transition-key='
        if place != here:
            operations = f'<lrm_rsc_op id="{name}_last_0" operation="monitor" call-id="5" rc-code="7" interval="0" {common}"1:2:7:a"/>'
        else:
            operations = (f'<lrm_rsc_op id="{name}_last_0" operation="start" call-id="6" rc-code="0" interval="0" {common}"1:2:0:a"/>'
                          f'<lrm_rsc_op id="{name}_monitor_30000" operation="monitor" call-id="7" rc-code="0" interval="30000" '
                          f'{common}"2:2:0:a"/>')
        return f'<lrm_resource id="{name}" class="ocf" provider="pacemaker" type="remote">{operations}</lrm_resource>'

    names = [name for name, _ in remotes(count)]
    members = (
        f'<node_state id="{number}" uname="{member}" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="{number}">'
        f'<lrm_resources>{"".join(history(name, index % 3, number - 1) for index, name in enumerate(names))}</lrm_resources></lrm>'
        "</node_state>" for number, member in enumerate(MEMBERS, 1))
    connected = (f'<node_state id="{name}" uname="{name}" remote_node="true" in_ccm="true"><lrm id="{name}"><lrm_resources/></lrm>'
                 "</node_state>" for name in names)
    return f'<status>{"".join((*members, *connected))}</status>'


def crmsh(count):
    """The same for `crm configure load update`."""
    names = " ".join(name for name, _ in remotes(count))
    lines = [f"primitive vip-{number} ocf:heartbeat:IPaddr2 params ip={address} cidr_netmask=24 "
             "op monitor interval=10s timeout=20s" for number, address in enumerate(ADDRESSES, 1)]
    lines += ["primitive haproxy lsb:haproxy op monitor interval=5s", "group vips vip-1 vip-2 vip-3",
              "clone cl-haproxy haproxy meta clone-max=3"]
    lines += [f"primitive {name} ocf:pacemaker:remote params server={address} reconnect_interval=60 "
              "op monitor interval=30s" for name, address in remotes(count)]
    lines.append(f'primitive st stonith:external/maas params url="http://10.0.0.205/MAAS" apikey="a:b:c" '
                 f'hostnames="{names}" op monitor interval=25 start-delay=25 timeout=25')
    lines += [f"location loc-{resource}-{member} {resource} 0: {member}"
              for resource in ("vips", "cl-haproxy", "st") for member in MEMBERS]
    lines += [f"location loc-{name}-{member} {name} {200 if index % 3 == place else 0}: {member}"
              for index, (name, _) in enumerate(remotes(count)) for place, member in enumerate(MEMBERS)]
    lines.append("property symmetric-cluster=false stonith-enabled=true no-quorum-policy=stop")
    return "\n".join(lines) + "\n"
