import Glibc
import Testing

@testable import Cluster

@Suite struct ToolTests {
  func shell(_ script: String, input: [UInt8]? = nil, environment: Environment = .current) -> Tool {
    Tool("sh", ["-c", script], environment: environment, input: input)
  }

  @Test func outputErrorsAndStatusComeBack() throws {
    let outcome = try shell("echo out; echo err >&2; exit 7").run(within: 10)
    #expect(outcome.ending == .exited(7))
    #expect(text(outcome.output) == "out\n")
    #expect(text(outcome.errors) == "err\n")
    #expect(!outcome.outputIsCut)
  }

  @Test func inputReachesTheProgramWhole() throws {
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try Tool("cat", input: input).run(within: 20).output == input)
  }

  @Test func withoutInputItReadsNothing() throws {
    #expect(try Tool("cat").run(within: 10).output == [])
    #expect(try Tool("cat", input: []).run(within: 10).output == [])
  }

  @Test func aProgramThatDoesNotReadIsNoFailure() throws {
    let outcome = try shell("exit 3", input: [UInt8](repeating: 0x61, count: 1 << 20)).run(within: 10)
    #expect(outcome.ending == .exited(3))
  }

  @Test func theDeadlineEndsTheProgramAndItsChildren() throws {
    let directory = TemporaryDirectory()
    let start = monotonicNow()
    let script = "(trap '' TERM; sleep 30) & echo $! >\(directory.path)/pid; trap '' TERM; sleep 30; sleep 30"
    let outcome = try shell(script).run(within: 0.3)
    #expect(outcome.ending == .timedOut)
    #expect(monotonicNow() - start < 5)
    let child = pid_t(contents(directory.file("pid")).filter(\.isNumber)) ?? 0
    #expect(child > 0)
    // Killed; init (or nobody, in a container) takes the zombie.
    usleep(100_000)
    let stat = contents("/proc/\(child)/stat")
    #expect(stat.isEmpty || stat.contains(") Z "))
  }

  @Test func aProgramThatWritesWithoutEndIsEnded() throws {
    var tool = Tool("yes")
    tool.outputLimit = 1000
    let outcome = try tool.run(within: 0.3)
    #expect(outcome.ending == .timedOut)
  }

  @Test func whatIsBeyondTheLimitIsDropped() throws {
    var tool = shell("head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2; exit 4")
    tool.outputLimit = 1000
    tool.errorLimit = 10
    let outcome = try tool.run(within: 10)
    #expect(outcome.ending == .exited(4))
    #expect(outcome.output.count == 1000)
    #expect(outcome.errors.count == 10)
    #expect(outcome.outputIsCut)
  }

  @Test func aGrandchildThatHoldsThePipesIsNotWaitedFor() throws {
    let start = monotonicNow()
    let outcome = try shell("sleep 5 & echo done").run(within: 10)
    #expect(outcome.ending == .exited(0))
    #expect(text(outcome.output) == "done\n")
    #expect(monotonicNow() - start < 3)
  }

  @Test func aSignalIsNoExit() throws {
    #expect(try shell("kill -9 $$").run(within: 10).ending == .signalled(9))
  }

  @Test func signalsAreAsUsualInTheChild() throws {
    // SIGPIPE is ignored here; a child that inherited that would write on.
    #expect(try shell("kill -PIPE $$; exit 0").run(within: 10).ending == .signalled(SIGPIPE))
  }

  @Test func whatIsStartedMayGoOnAnyProcessorThatWeMay() throws {
    let script = "sleep 0.2; grep ^Cpus_allowed: /proc/self/status"
    let ours = try shell(script).run(within: 10).output
    #expect(text(ours).hasPrefix("Cpus_allowed:"))
    #expect(try shell(script).start().outcome(within: 10).output == ours)
  }

  @Test func whatCannotBeStartedSaysWhy() throws {
    let directory = TemporaryDirectory()
    #expect(throws: Tool.StartError.notFound("no-such-program")) { try Tool("no-such-program").run(within: 1) }
    let plain = try directory.write("plain", "#!/bin/sh\n", mode: 0o644)
    #expect(throws: Tool.StartError.notExecutable(plain)) {
      try Tool("plain", environment: Environment(["PATH": directory.path])).run(within: 1)
    }
    let empty = try directory.program("empty", "\u{1}")
    #expect(throws: Tool.StartError.failed(empty, errno: ENOEXEC)) { try Tool(empty).run(within: 1) }
  }

  @Test func theEnvironmentIsTheGivenOne() throws {
    var environment = Environment(["PATH": "/usr/bin:/bin", "A": "1", "B": "2"])
    environment["A"] = "x=y"
    environment["B"] = nil
    let outcome = try shell("echo $A-${B-unset}-${HOME-unset}", environment: environment).run(within: 10)
    #expect(text(outcome.output) == "x=y-unset-unset\n")
    #expect(environment["A"] == "x=y")
    #expect(Environment.current["PATH"] != nil)
  }

  @Test func toolsKeepNoFastBinsUnlessTheUserHasSaidHowToTune() {
    #expect(Environment(["A": "1"]).tuningMalloc()["GLIBC_TUNABLES"] == "glibc.malloc.mxfast=0")
    #expect(Environment(["GLIBC_TUNABLES": ""]).tuningMalloc()["GLIBC_TUNABLES"] == "")
    #expect(Environment.ofTools["GLIBC_TUNABLES"] != nil)
  }

  @Test func severalRunAtOnceUnderOneDeadline() throws {
    let start = monotonicNow()
    let tools = (0..<6).map { shell($0 == 5 ? "sleep 20" : "sleep 0.3; echo \($0)") }
    let results = Tool.runAll(tools, within: 3, atOnce: 3)
    let took = monotonicNow() - start
    #expect(took >= 2.9 && took < 6)
    let outcomes = try results.map { try $0.get() }
    #expect(outcomes.prefix(5).map { text($0.output) } == ["0\n", "1\n", "2\n", "3\n", "4\n"])
    #expect(outcomes[5].ending == .timedOut)
  }

  @Test func whatCannotBeStartedDoesNotKeepTheOthersFromRunning() throws {
    let results = Tool.runAll([Tool("no-such-program"), shell("echo here")], within: 10)
    #expect(results[0] == .failure(.notFound("no-such-program")))
    #expect(try text(results[1].get().output) == "here\n")
  }
}
