/// A parameter that both agents have, in the words of their metadata.
package struct AgentParameter: Sendable {
  package var name: String
  package var isRequired = false
  /// `string` or `integer`, as in resource agents' metadata.
  package var content = "string"
  package var summary: String
  package var explanation: String

  package static let all = [
    AgentParameter(
      name: "hostnames", isRequired: true, summary: "Nodes to fence",
      explanation: """
        Names of the cluster nodes that this device fences, separated by blanks. Each is the host name of a machine in \
        MAAS, spelled as MAAS has it; of a name with dots MAAS has to have the whole as its FQDN.
        """),
    AgentParameter(
      name: "url", isRequired: true, summary: "URL of MAAS",
      explanation: """
        Such as http://HOST:5240/MAAS or https://HOST:5443/MAAS. Of several, separated by blanks (the region controllers \
        of one MAAS), the next is tried where one does not answer.
        """),
    AgentParameter(
      name: "apikey", summary: "MAAS API key",
      explanation: """
        CONSUMER:TOKEN:SECRET, of the machines' owner or of an administrator. Better kept out of the CIB: in a file \
        (apikey_file) or with cibsecret.
        """),
    AgentParameter(
      name: "apikey_file", summary: "File with the MAAS API key",
      explanation: "Read on every call where apikey is not given; it should be readable by root only."),
    AgentParameter(
      name: "ca_file", summary: "CA certificates in PEM",
      explanation: "Trusted for https instead of the system's. Certificates are always verified."),
    AgentParameter(
      name: "deadline", content: "integer", summary: "Seconds for one call of the agent",
      explanation: """
        All in; 50 for off, on and reset unless given. Monitors take 15 at most. MAAS may take 35 s and more to switch a machine \
        off and 60 s to ask its BMC. Keep it some seconds below pcmk_reboot_timeout and pcmk_off_timeout: nothing tells \
        an agent when Pacemaker will kill it.
        """),
  ]
}

/// Seconds that a call may take where `deadline` is not given.
package enum DefaultDeadline {
  /// Below Pacemaker's 60 s for off, on and reboot.
  package static let switching = 50.0
  /// Below Pacemaker's 20 s for monitor and start.
  package static let other = 15.0

  /// For `status` and `monitor`: `deadline` is made for switching, and only ever shortens these.
  package static func monitoring(given: String?) -> Double {
    min(other, (try? deadlineSeconds(given, default: other)) ?? other)
  }
}
