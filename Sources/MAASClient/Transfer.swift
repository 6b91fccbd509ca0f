import CNetworking
import Glibc

/// One HTTP request to MAAS.
struct Request {
  enum Method: String {
    case get = "GET"
    case post = "POST"
  }

  var method = Method.get
  /// Below `/api/2.0/`, with the final slash that MAAS insists on.
  var path: String
  var query: [(name: String, value: String)] = []
  /// Form fields of a POST.
  var form: [(name: String, value: String)] = []
  /// The longest answer that is read, in bytes.
  var limit = 256 << 10
  /// For messages: "asked for the power state of model-crow".
  var purpose: String

  /// Whether it may be sent later as well, without looking at the machine anew: after MAAS was busy, or no connection came
  /// about.
  var isTimeless = true

  /// Whether a request that may have arrived can be sent again.
  var isRepeatable: Bool { method == .get }
}

/// What came of a request.
enum TransferResult {
  case answer(Answer)
  /// Nothing of the request left this machine.
  case notSent(MAASError)
  /// It was sent, and no whole answer came back.
  case lost(MAASError)
}

struct Answer {
  var status: Int
  var body: [UInt8] = []
  /// `Retry-After`, in seconds.
  var retryAfter: Double?
  /// How far MAAS's clock is ahead of this machine's, in seconds.
  var clockDifference: Int?
}

/// Sends requests, by libcurl.
final class Transfer {
  private let handle: OpaquePointer
  private let caFile: String?

  init(caFile: String?) throws(MAASError) {
    if let library = crmsync_load_networking() {
      throw MAASError(
        .libraries, "the library \(String(cString: library)) is missing",
        hint: "on Debian: apt-get install libcurl3-gnutls liboauth0 libjson-c5")
    }
    guard Transfer.isInitialized, let handle = crmsync_curl_init() else {
      throw MAASError(.libraries, "libcurl does not start")
    }
    self.handle = OpaquePointer(handle)
    self.caFile = caFile
  }

  deinit { crmsync_curl_cleanup(curl) }

  private var curl: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }
  private static let isInitialized = crmsync_curl_global_init() == CURLE_OK

  /// Sends a request and waits for its answer, at most `seconds`.
  func perform(_ request: Request, to region: RegionURL, key: APIKey, seconds: Double) -> TransferResult {
    var url = region.api + request.path
    if !request.query.isEmpty { url += "?" + Transfer.encoded(request.query) }
    guard let authorization = Authorization.header(method: request.method.rawValue, url: region.api, key: key) else {
      return .notSent(MAASError(.libraries, "liboauth does not sign"))
    }

    crmsync_curl_reset(curl)
    var headers = crmsync_curl_append(nil, "Authorization: \(authorization)")
    headers = crmsync_curl_append(headers, "Accept: application/json")
    defer { crmsync_curl_free(headers) }
    crmsync_curl_set_pointer(curl, CURLOPT_HTTPHEADER, headers)
    crmsync_curl_set_text(curl, CURLOPT_URL, url)
    if request.method == .post { crmsync_curl_set_text(curl, CURLOPT_COPYPOSTFIELDS, Transfer.encoded(request.form)) }
    setRules(seconds)

    var receiver = Receiver(limit: request.limit)
    let code = withUnsafeMutablePointer(to: &receiver) { receiver in
      crmsync_curl_set_pointer(curl, CURLOPT_WRITEDATA, receiver)
      crmsync_curl_set_pointer(curl, CURLOPT_HEADERDATA, receiver)
      crmsync_curl_set_function(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        context!.assumingMemoryBound(to: Receiver.self).pointee.take(
          UnsafeRawBufferPointer(start: bytes, count: size * count))
      }
      crmsync_curl_set_function(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return context!.assumingMemoryBound(to: Receiver.self).pointee.takeHeader(line)
      }
      return crmsync_curl_perform(curl)
    }
    let status = crmsync_curl_get(curl, CURLINFO_RESPONSE_CODE)
    // Of a refusal the status is all that counts, however much text there is to it.
    guard code == CURLE_OK || receiver.isOverLimit && status >= 300 else { return failure(code, receiver, region) }
    return .answer(
      Answer(
        status: status, body: receiver.body, retryAfter: receiver.retryAfter,
        clockDifference: receiver.clockDifference))
  }

  private func setRules(_ seconds: Double) {
    let milliseconds = max(1, Int(seconds * 1000))
    crmsync_curl_set(curl, CURLOPT_TIMEOUT_MS, milliseconds)
    crmsync_curl_set(curl, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 5000))
    crmsync_curl_set(curl, CURLOPT_NOSIGNAL, 1)
    // Do not wait for a resolver that hangs.
    crmsync_curl_set(curl, CURLOPT_QUICK_EXIT, 1)
    crmsync_curl_set(curl, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    crmsync_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    crmsync_curl_set(curl, CURLOPT_FOLLOWLOCATION, 0)
    // Fencing is not to depend on a proxy, nor to show it the key.
    crmsync_curl_set_text(curl, CURLOPT_PROXY, "")
    // On a connection used before, libcurl sends a request again by itself where no answer comes: a second power_on, and
    // a nonce that MAAS has seen.
    crmsync_curl_set(curl, CURLOPT_FRESH_CONNECT, 1)
    crmsync_curl_set(curl, CURLOPT_FORBID_REUSE, 1)
    crmsync_curl_set(curl, CURLOPT_SSL_VERIFYPEER, 1)
    crmsync_curl_set(curl, CURLOPT_SSL_VERIFYHOST, 2)
    if let caFile {
      crmsync_curl_set_text(curl, CURLOPT_CAINFO, caFile)
      crmsync_curl_set_text(curl, CURLOPT_CAPATH, nil)
    }
  }

  private func failure(_ code: CURLcode, _ receiver: Receiver, _ region: RegionURL) -> TransferResult {
    let place = region.shown
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return .notSent(
        MAASError(
          .untrusted, "the certificate of \(place) is not trusted",
          hint: "name the CA's certificate, in PEM, with ca_file; does the url name the host as the certificate does?"))
    case CURLE_WRITE_ERROR where receiver.isOverLimit:
      return .lost(MAASError(.badAnswer, "\(place) answers without end", hint: "is this the url of MAAS?"))
    default: break
    }
    let reason = String(cString: crmsync_curl_error(code)).printable(limit: 80)
    if crmsync_curl_get(curl, CURLINFO_REQUEST_SIZE) == 0 {
      return .notSent(
        MAASError(
          .unreachable, "no connection to \(place): \(reason)",
          hint: "is the url right, and does MAAS's region controller run?"))
    }
    return .lost(
      code == CURLE_OPERATION_TIMEDOUT
        ? MAASError(.lostAnswer, "no answer from \(place) in time")
        : MAASError(.lostAnswer, "no whole answer from \(place): \(reason)"))
  }

  private static func encoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    guard let result = crmsync_oauth_escape(text) else { return "" }
    defer { free(result) }
    return String(cString: result)
  }
}

/// What libcurl hands over.
private struct Receiver {
  let limit: Int
  var body: [UInt8] = []
  var isOverLimit = false
  var retryAfter: Double?
  var clockDifference: Int?
  private var headerBytes = 0

  init(limit: Int) { self.limit = limit }

  /// - Returns: how much was taken; less than all ends the transfer.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= limit else {
      isOverLimit = true
      return 0
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  mutating func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytes += bytes.count
    guard headerBytes <= 64 << 10 else {
      isOverLimit = true
      return 0
    }
    let line = String(decoding: bytes, as: UTF8.self)
    guard let colon = line.firstIndex(of: ":") else { return bytes.count }
    let value = line[line.index(after: colon)...].trimmed
    switch line[..<colon].lowercased() {
    case "retry-after": retryAfter = Double(value).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } ?? 1
    case "date":
      let date = crmsync_curl_date(String(value))
      if date > 0 { clockDifference = date - time(nil) }
    default: break
    }
    return bytes.count
  }
}
