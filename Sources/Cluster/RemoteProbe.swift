import Glibc

/// A host and the TCP port something is to listen on.
package struct Endpoint: Hashable, Sendable {
  package var host: String
  package var port: UInt16

  /// pacemaker_remote listens on port 3121.
  package init(host: String, port: UInt16 = 3121) {
    self.host = host
    self.port = port
  }
}

/// Who answers on TCP.
package enum RemoteProbe {
  package static let timeLimit = 3.0
  /// Connections at once; the usual limit on open files is 1024.
  private static let atOnce = 256

  /// Those endpoints that take a connection. A refused connection is no answer: nothing listens there.
  ///
  /// Names are looked up by `getent`, all at once: `getaddrinfo` blocks for as long as resolv.conf says (10 s and more
  /// where no name server answers), and nothing can stop it.
  package static func answering(
    _ endpoints: [Endpoint], within seconds: Double = timeLimit, environment: Environment = .ofTools
  ) -> Set<Endpoint> {
    let deadline = monotonicNow() + seconds
    var attempts: [(endpoint: Endpoint, address: SocketAddress)] = []
    var names: [Endpoint] = []
    for endpoint in Set(endpoints) {
      if let address = SocketAddress(numeric: endpoint.host, port: endpoint.port) {
        attempts.append((endpoint, address))
      } else if isHostName(endpoint.host) {
        names.append(endpoint)
      }
    }
    if !names.isEmpty {
      let tools = names.map { Tool("getent", ["ahosts", $0.host], environment: environment) }
      // Half of the time for the names: what is left must do for the connections.
      for (endpoint, result) in zip(names, Tool.runAll(tools, within: seconds / 2, atOnce: 16)) {
        guard case .success(let outcome) = result, outcome.ending == .exited(0) else { continue }
        var seen: Set<Substring> = []
        for line in String(decoding: outcome.output, as: UTF8.self).split(separator: "\n") {
          guard let text = line.split(separator: " ").first, seen.insert(text).inserted,
            let address = SocketAddress(numeric: String(text), port: endpoint.port)
          else { continue }
          attempts.append((endpoint, address))
        }
      }
    }
    var answered: Set<Endpoint> = []
    var waiting: [(endpoint: Endpoint, descriptor: Int32)] = []
    defer { for (_, descriptor) in waiting { close(descriptor) } }
    var next = 0
    while next < attempts.count || !waiting.isEmpty {
      while next < attempts.count && waiting.count < atOnce {
        let (endpoint, address) = attempts[next]
        next += 1
        let descriptor = socket(address.family, streamSocket, 0)
        guard descriptor >= 0 else { continue }
        if address.connect(descriptor) == 0 {
          answered.insert(endpoint)
          close(descriptor)
        } else if errno == EINPROGRESS {
          waiting.append((endpoint, descriptor))
        } else {
          close(descriptor)
        }
      }
      let left = deadline - monotonicNow()
      guard left > 0, !waiting.isEmpty else { break }
      var descriptors = waiting.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
      guard poll(&descriptors, nfds_t(descriptors.count), pollTimeout(left)) > 0 else { continue }
      var still: [(endpoint: Endpoint, descriptor: Int32)] = []
      for (attempt, polled) in zip(waiting, descriptors) {
        guard polled.revents != 0 else {
          still.append(attempt)
          continue
        }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if getsockopt(attempt.descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0 {
          answered.insert(attempt.endpoint)
        }
        close(attempt.descriptor)
      }
      waiting = still
    }
    return answered
  }

  /// Whether the text may be handed to `getent`.
  static func isHostName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix("-")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}

private let streamSocket = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

private struct SocketAddress {
  var storage: [UInt8]
  var family: Int32

  /// - Parameter numeric: an IPv4 or IPv6 address, the latter with a scope (`%eth0`) if need be.
  init?(numeric: String, port: UInt16) {
    var hints = addrinfo()
    // Reads the text and asks nobody.
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(numeric, String(port), &hints, &list) == 0, let first = list else { return nil }
    defer { freeaddrinfo(list) }
    storage = Array(UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
    family = first.pointee.ai_family
  }

  func connect(_ descriptor: Int32) -> Int32 {
    storage.withUnsafeBytes { bytes in
      Glibc.connect(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }
}
