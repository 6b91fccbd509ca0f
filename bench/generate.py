"""Clusters of a given size: three members, R remote nodes, a group of addresses, a cloned proxy, fencing."""

MEMBERS = ("member-1", "member-2", "member-3")
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
