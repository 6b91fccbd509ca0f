/// What the agents say of themselves, in XML.
package enum Metadata {
  /// The `<parameters>` that cluster-glue puts into the metadata of `external/maas`.
  package static var parameters: String {
    "<parameters>\n\(AgentParameter.all.map { element($0, option: nil) }.joined())</parameters>\n"
  }

  /// The `<resource-agent>` of `fence_maas`.
  package static var fenceAgent: String {
    """
    <?xml version="1.0" ?>
    <resource-agent name="fence_maas" shortdesc="Fence agent for machines that MAAS manages">
    <longdesc>\
    Switches machines off and on through the API of MAAS (Metal as a Service). A machine counts as off only after its BMC \
    has said so to MAAS, asked after the order. A reboot powers a machine on again that was off before, too.\
    </longdesc>
    <vendor-url>https://maas.io/</vendor-url>
    <parameters>
    \(FenceOption.all.filter(\.isParameter).map { element($0.parameter, option: $0) }.joined())\
    \(AgentParameter.all.map { element($0, option: FenceOption(parameter: $0)) }.joined())\
    </parameters>
    <actions>
    <action name="on" automatic="0"/>
    <action name="off"/>
    <action name="reboot"/>
    <action name="status"/>
    <action name="monitor"/>
    <action name="list"/>
    <action name="list-status"/>
    <action name="metadata"/>
    <action name="manpage"/>
    <action name="validate-all"/>
    </actions>
    </resource-agent>

    """
  }

  private static func element(_ parameter: AgentParameter, option: FenceOption?) -> String {
    let getopt = option.map { "<getopt mixed=\"\(escaped($0.usage))\"/>\n" } ?? ""
    let standard = option?.standard.map { " default=\"\(escaped($0))\"" } ?? ""
    let obsoletes = option?.obsoletes.map { " obsoletes=\"\($0)\"" } ?? ""
    let deprecated = option?.isDeprecated == true ? #" deprecated="1""# : ""
    return """
      <parameter name="\(parameter.name)" unique="0" required="\(parameter.isRequired ? 1 : 0)"\(obsoletes)\(deprecated)>
      \(getopt)<content type="\(parameter.content)"\(standard)/>
      <shortdesc lang="en">\(escaped(parameter.summary))</shortdesc>
      <longdesc lang="en">\(escaped(parameter.explanation))</longdesc>
      </parameter>

      """
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}

/// An option of `fence_maas`, on the command line and on standard input.
package struct FenceOption: Sendable {
  package var parameter: AgentParameter
  /// The letter on the command line.
  package var letter: Character?
  package var takesValue = true
  package var standard: String?
  package var obsoletes: String?
  package var isDeprecated = false
  /// Whether devices may have it; what only answers people is for the command line.
  package var isParameter = true

  package init(
    parameter: AgentParameter, letter: Character? = nil, takesValue: Bool = true, standard: String? = nil,
    obsoletes: String? = nil, isDeprecated: Bool = false, isParameter: Bool = true
  ) {
    self.parameter = parameter
    self.letter = letter
    self.takesValue = takesValue
    self.standard = standard
    self.obsoletes = obsoletes
    self.isDeprecated = isDeprecated
    self.isParameter = isParameter
  }

  /// The options, for a person.
  package static var help: String {
    let options = all + AgentParameter.all.map { FenceOption(parameter: $0) }
    let lines = options.map { "  \($0.usage)\n      \($0.parameter.summary). \($0.parameter.explanation)\n" }
    return "fence_maas [OPTION]…; without any, they are read from standard input, key=value a line\n\n\(lines.joined())"
  }

  var usage: String {
    let long = "--\(parameter.name)" + (takesValue ? "=[\(parameter.name)]" : "")
    return letter.map { "-\($0), \(long)" } ?? long
  }

  /// What every agent has, beside the parameters of both of ours.
  package static let all = [
    FenceOption(
      parameter: AgentParameter(
        name: "action", isRequired: true, summary: "Fencing action",
        explanation: "on, off, reboot, status, monitor, list, list-status, metadata or validate-all."),
      letter: "o", standard: "reboot"),
    FenceOption(
      parameter: AgentParameter(
        name: "plug", summary: "Machine to fence",
        explanation: "Its name in MAAS, one of hostnames; pcmk_host_map says which node that is."),
      letter: "n", obsoletes: "port"),
    FenceOption(
      parameter: AgentParameter(name: "port", summary: "Machine to fence", explanation: "The former name of plug."),
      isDeprecated: true),
    FenceOption(
      parameter: AgentParameter(
        name: "nodename", summary: "Node to fence", explanation: "Used where neither plug nor port is given."),
      letter: "N"),
    FenceOption(
      parameter: AgentParameter(
        name: "delay", content: "second", summary: "Seconds to wait before fencing",
        explanation: "Counts as part of deadline."),
      standard: "0"),
    FenceOption(
      parameter: AgentParameter(
        name: "verbose", content: "boolean", summary: "Tell more",
        explanation: "Writes every request to MAAS to standard error; never the API key."),
      letter: "v", takesValue: false),
    FenceOption(
      parameter: AgentParameter(
        name: "quiet", content: "boolean", summary: "Tell less", explanation: "Nothing but what goes wrong."),
      letter: "q", takesValue: false),
    FenceOption(
      parameter: AgentParameter(
        name: "version", content: "boolean", summary: "Print the version", explanation: "And nothing else."),
      letter: "V", takesValue: false, isParameter: false),
    FenceOption(
      parameter: AgentParameter(
        name: "help", content: "boolean", summary: "Print the options", explanation: "And nothing else."),
      letter: "h", takesValue: false, isParameter: false),
  ]
}
