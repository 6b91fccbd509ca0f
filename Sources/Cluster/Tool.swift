import CGlibc
import Glibc

/// How long a program may go on after SIGTERM before it gets SIGKILL.
private let killGrace = 0.5
/// How often a child that says nothing is asked whether it has ended: its children may hold its pipes open.
private let reapInterval = 0.05

/// A program on PATH, and how to run it.
///
/// `posix_spawn` and one `poll` loop, nothing asynchronous: Swift's concurrency runtime costs 6 to 8 ms a run for its
/// threads.
package struct Tool: Sendable {
  package var name: String
  package var arguments: [String]
  package var environment: Environment
  /// What the program reads from its standard input; nil is /dev/null. It is there as a whole before the program starts:
  /// from a pipe, cibadmin 2.1.5 would take what there is of a patch, and apply that, if crmsync were killed meanwhile.
  package var input: [UInt8]?
  /// A file that is open for the program as well, at `/dev/fd/3`.
  var file: AnonymousFile?
  /// What is beyond these is read and dropped, so that the program does not block.
  package var outputLimit = 1 << 30
  package var errorLimit = 1 << 16

  package init(
    _ name: String, _ arguments: [String] = [], environment: Environment = .ofTools, input: [UInt8]? = nil
  ) {
    self.name = name
    self.arguments = arguments
    self.environment = environment
    self.input = input
  }

  /// How a program ended. A status other than 0 is no error here: what it means is the caller's to say.
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
  }

  package struct Outcome: Equatable, Sendable {
    package var ending: Ending
    package var output: [UInt8] = []
    package var errors: [UInt8] = []
    /// Whether the program wrote more to its standard output than `outputLimit`.
    package var outputIsCut = false
  }

  /// Why a program could not be started.
  package enum StartError: Error, Equatable, Sendable {
    case notFound(String)
    case notExecutable(String)
    case failed(String, errno: Int32)
  }
}

// MARK: - Running

extension Tool {
  /// Runs the program and waits for its end, at most `seconds`; then it is killed with all its children.
  package func run(within seconds: Double) throws(StartError) -> Outcome {
    try Tool.runAll([self], within: seconds)[0].get()
  }

  /// Starts the program, whose end is waited for later: meanwhile there is other work to do.
  package func start() throws(StartError) -> RunningTool {
    ignoreSIGPIPE()
    let child = try Child(self, index: 0)
    crmsync_part_from(child.pid)
    return RunningTool(child)
  }

  /// Runs several programs, some at once, under one common deadline. Those that the deadline leaves no time for are
  /// not started, and end as `timedOut`.
  package static func runAll(
    _ tools: [Tool], within seconds: Double, atOnce: Int = .max
  ) -> [Result<Outcome, StartError>] {
    ignoreSIGPIPE()
    let deadline = monotonicNow() + seconds
    var results = [Result<Outcome, StartError>?](repeating: nil, count: tools.count)
    var next = 0
    var running: [Child] = []
    while next < tools.count || !running.isEmpty {
      while next < tools.count && running.count < atOnce && monotonicNow() < deadline {
        do throws(StartError) {
          running.append(try Child(tools[next], index: next))
        } catch {
          results[next] = .failure(error)
        }
        next += 1
      }
      let left = deadline - monotonicNow()
      guard left > 0 else { break }
      Child.serve(running, within: left)
      running.removeAll { child in
        guard let outcome = child.outcomeIfEnded() else { return false }
        results[child.index] = .success(outcome)
        return true
      }
    }
    for child in running { results[child.index] = .success(Outcome(ending: .timedOut)) }
    Child.kill(running)
    return results.map { $0 ?? .success(Outcome(ending: .timedOut)) }
  }

  /// The path of the program: as `execvp` looks for it.
  func path() throws(StartError) -> String {
    guard !name.isEmpty else { throw .notFound(name) }
    let candidates: [String]
    if name.contains("/") {
      candidates = [name]
    } else {
      let directories = environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
      candidates = directories.split(separator: ":", omittingEmptySubsequences: false).map { directory in
        directory.isEmpty ? "./\(name)" : "\(directory)/\(name)"
      }
    }
    var refused: String?
    for candidate in candidates {
      var status = stat()
      guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(candidate, X_OK) == 0 { return candidate }
      refused = refused ?? candidate
    }
    if let refused { throw .notExecutable(refused) }
    throw .notFound(name)
  }
}

/// A program that has been started. It is killed where nobody waits for its end.
package final class RunningTool {
  private let child: Child
  private let started = monotonicNow()
  private var hasEnded = false

  fileprivate init(_ child: Child) { self.child = child }

  deinit {
    if !hasEnded { Child.kill([child]) }
  }

  /// Waits for its end, at most `seconds` from now; nil if it goes on.
  package func outcome(ifWithin seconds: Double) -> Tool.Outcome? {
    let deadline = monotonicNow() + seconds
    while true {
      if let outcome = child.outcomeIfEnded() {
        hasEnded = true
        return outcome
      }
      let left = deadline - monotonicNow()
      guard left > 0 else { return nil }
      Child.serve([child], within: left)
    }
  }

  /// Waits for its end, at most `seconds` from its start; then it is killed with all its children.
  package func outcome(within seconds: Double) -> Tool.Outcome {
    defer { hasEnded = true }
    while true {
      let left = started + seconds - monotonicNow()
      guard left > 0 else { break }
      Child.serve([child], within: left)
      if let outcome = child.outcomeIfEnded() { return outcome }
    }
    Child.kill([child])
    return Tool.Outcome(ending: .timedOut)
  }
}

/// A write to a pipe or terminal that has gone is to give EPIPE. Once a process is enough.
func ignoreSIGPIPE() { _ = sigpipeIsIgnored }
private let sigpipeIsIgnored: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

func monotonicNow() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Milliseconds for `poll`, rounded up: rounding down would spin through the last one.
func pollTimeout(_ seconds: Double) -> Int32 {
  Int32((max(0, min(seconds, 1_000_000)) * 1000).rounded(.up))
}

// MARK: - One child

private final class Child {
  let index: Int
  let pid: pid_t
  private let outputLimit: Int
  private let errorLimit: Int
  /// Our ends of the pipes; -1 when closed.
  private var outputEnd: Int32 = -1
  private var errorEnd: Int32 = -1
  private var output: [UInt8] = []
  private var errors: [UInt8] = []
  private var outputIsCut = false
  private var status: Int32?

  init(_ tool: Tool, index: Int) throws(Tool.StartError) {
    self.index = index
    outputLimit = tool.outputLimit
    errorLimit = tool.errorLimit
    let path = try tool.path()
    let input = try tool.input.map { bytes throws(Tool.StartError) in
      guard let file = AnonymousFile(containing: bytes) else { throw .failed(path, errno: errno) }
      return file
    }
    pthread_mutex_lock(&spawnLock)
    defer { pthread_mutex_unlock(&spawnLock) }
    var theirs: [Int32] = []
    var ours: [Int32] = []
    defer { for descriptor in theirs { close(descriptor) } }
    func fail(_ code: Int32) -> Tool.StartError {
      for descriptor in ours { close(descriptor) }
      return switch code {
      case ENOENT: .notFound(path)
      case EACCES: .notExecutable(path)
      default: .failed(path, errno: code)
      }
    }

    guard let outputPipe = openPipe() else { throw fail(errno) }
    theirs.append(outputPipe.write)
    ours.append(outputPipe.read)
    guard let errorPipe = openPipe() else { throw fail(errno) }
    theirs.append(errorPipe.write)
    ours.append(errorPipe.read)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input.descriptor, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, outputPipe.write, 1)
    posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2)
    // Also where it is 3 already: glibc then has it stay open in the program.
    if let file = tool.file { posix_spawn_file_actions_adddup2(&actions, file.descriptor, 3) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own: the deadline ends the children of a script as well.
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var pid: pid_t = 0
    let code = withCStringArray(([tool.name] + tool.arguments).map { Array($0.utf8) }) { arguments in
      tool.environment.withCStrings { posix_spawn(&pid, path, &actions, &attributes, arguments, $0) }
    }
    guard code == 0 else { throw fail(code) }
    self.pid = pid
    outputEnd = outputPipe.read
    errorEnd = errorPipe.read
    for descriptor in ours { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    // The most that everybody may have: a large CIB is written at once, and not 64 KiB at a time, each waited for.
    _ = fcntl(outputEnd, CRMSYNC_F_SETPIPE_SZ, 1 << 20)
  }

  deinit {
    if outputEnd >= 0 { close(outputEnd) }
    if errorEnd >= 0 { close(errorEnd) }
  }

  /// Waits until something can be read, and does it.
  static func serve(_ children: [Child], within seconds: Double) {
    var descriptors: [pollfd] = []
    var anyQuiet = false
    for child in children {
      if child.outputEnd >= 0 { descriptors.append(pollfd(fd: child.outputEnd, events: Int16(POLLIN), revents: 0)) }
      if child.errorEnd >= 0 { descriptors.append(pollfd(fd: child.errorEnd, events: Int16(POLLIN), revents: 0)) }
      if child.outputEnd < 0 && child.errorEnd < 0 { anyQuiet = true }
    }
    if anyQuiet {
      // It has closed its pipes, so it is about to end: look again soon.
      guard !children.contains(where: { $0.hasEnded() }) else { return }
      usleep(200)
    }
    let interval = anyQuiet ? 0 : min(seconds, reapInterval)
    guard poll(&descriptors, nfds_t(descriptors.count), pollTimeout(interval)) > 0 else { return }
    let ready = Set(descriptors.filter { $0.revents != 0 }.map(\.fd))
    for child in children {
      if ready.contains(child.outputEnd) {
        child.drain(&child.outputEnd, into: &child.output, limit: child.outputLimit, isCut: &child.outputIsCut)
      }
      if ready.contains(child.errorEnd) {
        var ignored = false
        child.drain(&child.errorEnd, into: &child.errors, limit: child.errorLimit, isCut: &ignored)
      }
    }
  }

  /// Reads what there is: up to the end, or until nothing more is there. At most 1 MiB, the largest a pipe can be: a
  /// program that writes without end is not to keep us from the deadline.
  private func drain(_ end: inout Int32, into bytes: inout [UInt8], limit: Int, isCut: inout Bool) {
    let chunk = 1 << 16
    for _ in 0..<16 {
      let count = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 1) { buffer in
        let count = read(end, buffer.baseAddress, chunk)
        if count > 0 {
          let kept = max(0, min(count, limit - bytes.count))
          bytes.append(contentsOf: buffer[..<kept])
          if kept < count { isCut = true }
        }
        return count
      }
      if count > 0 { continue }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return }
      close(end)
      end = -1
      return
    }
  }

  /// Whether the child has ended; it stays a zombie, which keeps its process group's number from being used again.
  private func hasEnded() -> Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_signo != 0 : errno == ECHILD
  }

  func outcomeIfEnded() -> Tool.Outcome? {
    guard hasEnded() else { return nil }
    // What it wrote last; a grandchild that holds the pipe open is not waited for.
    if outputEnd >= 0 { drain(&outputEnd, into: &output, limit: outputLimit, isCut: &outputIsCut) }
    var ignored = false
    if errorEnd >= 0 { drain(&errorEnd, into: &errors, limit: errorLimit, isCut: &ignored) }
    let status = reap()
    let signal = status & 0x7f
    return Tool.Outcome(
      ending: signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal),
      output: output, errors: errors, outputIsCut: outputIsCut)
  }

  private func reap() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    return status
  }

  static func kill(_ children: [Child]) {
    guard !children.isEmpty else { return }
    for child in children { Glibc.kill(-child.pid, SIGTERM) }
    let deadline = monotonicNow() + killGrace
    while monotonicNow() < deadline && !children.allSatisfy({ $0.hasEnded() }) { usleep(2000) }
    for child in children { Glibc.kill(-child.pid, SIGKILL) }
    // A process in uninterruptible sleep cannot be waited for: it is left to init.
    let end = monotonicNow() + killGrace
    for child in children {
      while !child.hasEnded() && monotonicNow() < end { usleep(2000) }
      if child.hasEnded() { _ = child.reap() }
    }
  }
}

/// Held from the making of a child's pipes to its start: Swift's Glibc has no `pipe2`, so a child that another thread
/// starts in between would inherit them, and keep ours from ever seeing the end of its input.
private nonisolated(unsafe) var spawnLock = pthread_mutex_t()

/// A pipe that no child inherits.
private func openPipe() -> (read: Int32, write: Int32)? {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}
