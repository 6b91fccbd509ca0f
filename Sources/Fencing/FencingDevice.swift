import Glibc
import MAASClient

/// A fencing device as its parameters say.
package struct FencingDevice: Sendable {
  package var regions: [RegionURL]
  package var key: APIKey
  package var caFile: String?

  /// - Parameter value: the value of a parameter; nil or empty where it is not given.
  /// - Throws: `MAASError` of kind `configuration`.
  package init(_ value: (String) -> String?) throws(MAASError) {
    func given(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
    guard let url = given("url") else { throw MAASError(.configuration, "the parameter url is not given") }
    regions = try RegionURL.list(url)
    caFile = given("ca_file")
    if let caFile, access(caFile, R_OK) != 0 {
      throw MAASError(.configuration, "ca_file cannot be read: \(FencingDevice.errorText())")
    }
    if let key = given("apikey") {
      self.key = try APIKey(key)
    } else if let file = given("apikey_file") {
      self.key = try APIKey(FencingDevice.read(file))
    } else {
      throw MAASError(.configuration, "neither apikey nor apikey_file is given")
    }
  }

  /// The first 4 kB of a file, far more than a key has.
  private static func read(_ path: String) throws(MAASError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw MAASError(.configuration, "apikey_file cannot be read: \(errorText())")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw MAASError(.configuration, "apikey_file cannot be read: \(errorText())") }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static func errorText() -> String { String(cString: strerror(errno)) }
}

/// The names in `hostnames`.
package struct HostNames: Sendable {
  package private(set) var names: [HostName] = []
  /// By themselves in lower case.
  private var spellings: [String: [HostName]] = [:]
  /// How many entries are no host names.
  package private(set) var invalidCount = 0

  package init(_ text: String) {
    for entry in text.split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == ";" }) {
      if let name = HostName(entry) {
        let key = name.text.lowercased()
        if spellings[key]?.contains(name) == true { continue }
        spellings[key, default: []].append(name)
        names.append(name)
      } else {
        invalidCount += 1
      }
    }
  }

  /// The name as it is spelled here. cluster-glue hands it over in lower case, whatever its case in the cluster.
  ///
  /// - Throws: where it is not among them, or could be two of them.
  package func name(for host: String) throws(MAASError) -> HostName {
    let host = HostName(host)
    let candidates = host.flatMap { spellings[$0.text.lowercased()] } ?? []
    guard let name = candidates.first else {
      throw MAASError(
        .configuration, "\(host?.text ?? "what is asked for is no host name and") is not among hostnames",
        hint: "hostnames is to have every node that the device fences")
    }
    guard candidates.count == 1 else {
      throw MAASError(
        .configuration, "hostnames has \(candidates.count) names that differ from \(name) in case only",
        hint: "the cluster does not tell them apart")
    }
    return name
  }
}

/// Reads `deadline`.
///
/// - Throws: for what is no number of seconds.
package func deadlineSeconds(_ text: String?, default standard: Double) throws(MAASError) -> Double {
  guard var text = text?[...], !text.isEmpty else { return standard }
  if text.hasSuffix("s") { text = text.dropLast() }
  guard let seconds = Double(text), seconds >= 1, seconds <= 86400 else {
    throw MAASError(.configuration, "deadline is to be a number of seconds, 1 to 86400")
  }
  return seconds
}
