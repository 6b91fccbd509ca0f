import Glibc

/// A run of another program, to its end or to a deadline.
///
/// posix_spawn and one poll loop rather than swift-subprocess: that needs Swift concurrency, whose threads cost more
/// than the whole of crmsync's own work on a small cluster (measured: 10 ms a start against 1 ms).
package struct Tool: Sendable {
  package var name: String
  package var arguments: [String]
  /// Set in the program's environment, or taken out of it (nil), beside what it inherits.
  package var environment: [String: String?]
  package var input: [UInt8]
  package var timeLimit: Duration

  package init(
    _ name: String, _ arguments: [String], environment: [String: String?] = [:], input: [UInt8] = [],
    timeLimit: Duration
  ) {
    self.name = name
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.timeLimit = timeLimit
  }

  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
    /// It printed more than it may.
    case outputTooLarge
  }

  package struct Result: Sendable {
    package var ending: Ending
    package var output: [UInt8]
    /// May hold secrets: cibadmin prints whole CIBs there.
    package var errorOutput: [UInt8]
  }

  package enum StartFailure: Error, Equatable {
    case notFound
    case other(Int32)
  }

  /// More than any CIB, less than memory.
  private static let outputLimit = 1 << 30
  private static let errorOutputLimit = 1 << 16

  package func run() throws(StartFailure) -> Result {
    guard let path = Self.find(name) else { throw .notFound }
    var child = try Child(path: path, tool: self)
    child.exchange(input, until: .now + timeLimit)
    return child.finish()
  }

  /// The program's file, looked for along PATH.
  package static func find(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    // cibadmin is in /usr/sbin, which the PATH of an ordinary user often lacks.
    for directory in path.split(separator: ":") + ["/usr/sbin"] {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }

  private struct Child {
    let pid: pid_t
    var input: Int32
    var output: Int32
    var errorOutput: Int32
    var ending: Ending?
    var outputBytes: [UInt8] = []
    var errorBytes: [UInt8] = []

    init(path: String, tool: Tool) throws(StartFailure) {
      var pipes = [Int32](repeating: -1, count: 6)
      for index in 0..<3 {
        let result = pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress! + 2 * index) }
        guard result == 0 else {
          let code = errno
          for descriptor in pipes where descriptor >= 0 { close(descriptor) }
          throw .other(code)
        }
      }
      for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
      posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
      posix_spawn_file_actions_adddup2(&actions, pipes[5], 2)
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      // A group of its own, so that whatever it starts can be ended with it.
      posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
      posix_spawnattr_setpgroup(&attributes, 0)
      var signals = sigset_t()
      sigemptyset(&signals)
      posix_spawnattr_setsigmask(&attributes, &signals)
      sigaddset(&signals, SIGPIPE)
      posix_spawnattr_setsigdefault(&attributes, &signals)

      var arguments = ([tool.name] + tool.arguments).map { strdup($0) } + [nil]
      var environment = Self.environment(changing: tool.environment).map { strdup($0) } + [nil]
      defer { for pointer in arguments + environment { free(pointer) } }
      var pid: pid_t = 0
      let code = posix_spawn(&pid, path, &actions, &attributes, &arguments, &environment)
      close(pipes[0])
      close(pipes[3])
      close(pipes[5])
      guard code == 0 else {
        close(pipes[1])
        close(pipes[2])
        close(pipes[4])
        throw .other(code)
      }
      self.pid = pid
      (input, output, errorOutput) = (pipes[1], pipes[2], pipes[4])
    }

    private static func environment(changing changes: [String: String?]) -> [String] {
      var result: [String] = []
      var at = environ
      while let entry = at.pointee {
        let text = String(cString: entry)
        if changes[String(text.prefix { $0 != "=" })] == nil { result.append(text) }
        at += 1
      }
      for case (let name, let value?) in changes { result.append("\(name)=\(value)") }
      return result
    }

    /// Writes its input and reads its output until it closes both, or until the deadline.
    mutating func exchange(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) {
      // Writing to a program that has ended is told by EPIPE, not by the death of this one.
      signal(SIGPIPE, SIG_IGN)
      _ = fcntl(input, F_SETFL, O_NONBLOCK)
      var written = 0
      if bytes.isEmpty { closeInput() }
      while output >= 0 || errorOutput >= 0 {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return end(as: .timedOut) }
        // A descriptor of -1 is passed over.
        var polled = [
          pollfd(fd: input, events: Int16(POLLOUT), revents: 0), pollfd(fd: output, events: Int16(POLLIN), revents: 0),
          pollfd(fd: errorOutput, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        guard poll(&polled, 3, Int32(clamping: milliseconds + 1)) >= 0 || errno == EINTR else {
          return end(as: .timedOut)
        }
        if polled[0].revents != 0 {
          let count = bytes.withUnsafeBytes { write(input, $0.baseAddress! + written, bytes.count - written) }
          if count > 0 { written += count }
          if written == bytes.count || count < 0 && errno != EAGAIN && errno != EINTR { closeInput() }
        }
        if polled[1].revents != 0, !Self.read(output, into: &outputBytes, keeping: Tool.outputLimit) {
          close(output)
          output = -1
        }
        if polled[2].revents != 0, !Self.read(errorOutput, into: &errorBytes, keeping: Tool.errorOutputLimit) {
          close(errorOutput)
          errorOutput = -1
        }
        if outputBytes.count >= Tool.outputLimit { return end(as: .outputTooLarge) }
      }
    }

    private mutating func closeInput() {
      if input >= 0 { close(input) }
      input = -1
    }

    private static let chunk = 1 << 18

    /// - Returns: whether there may be more.
    private static func read(_ descriptor: Int32, into bytes: inout [UInt8], keeping limit: Int) -> Bool {
      let (count, code) = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, chunk)
        let code = errno
        if count > 0 { bytes.append(contentsOf: buffer[..<min(count, max(0, limit - bytes.count))]) }
        return (count, code)
      }
      return count > 0 || count < 0 && (code == EINTR || code == EAGAIN)
    }

    private mutating func end(as ending: Ending) {
      self.ending = ending
      kill(-pid, SIGTERM)
      for _ in 0..<20 {
        var info = siginfo_t()
        if waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info._sifields._sigchld.si_pid == pid { break }
        usleep(50_000)
      }
      kill(-pid, SIGKILL)
    }

    mutating func finish() -> Result {
      closeInput()
      if output >= 0 { close(output) }
      if errorOutput >= 0 { close(errorOutput) }
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
      let signal = status & 0x7f
      return Result(
        ending: ending ?? (signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)), output: outputBytes,
        errorOutput: errorBytes)
    }
  }
}
