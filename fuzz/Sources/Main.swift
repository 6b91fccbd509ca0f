import Glibc
import Synchronization

/// libFuzzer's two doors: one program for all targets, the environment says which. Whatever a target finds ends the
/// process, with a sentence on standard error.

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: CUnsignedInt) -> Int {
  var dice = Dice(state: UInt64(seed))
  // The bytes themselves as well: a structure that is always whole shows no parser.
  if !target.parts.isEmpty, dice.roll(8) > 0,
    let mutated = Mutation.mutated(Array(UnsafeBufferPointer(start: data, count: size)), target.parts, &dice),
    mutated.count <= limit
  {
    mutated.withUnsafeBufferPointer { data.update(from: $0.baseAddress!, count: $0.count) }
    return mutated.count
  }
  return llvmMutate(data, size, limit)
}

@_silgen_name("LLVMFuzzerMutate")
private func llvmMutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int) -> Int

private let target: Target = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = Target.all[name] else {
    fatalError("FUZZ_TARGET is to be one of \(Target.all.keys.sorted().joined(separator: " "))")
  }
  return target
}()

/// One thing to be fuzzed.
struct Target: Sendable {
  /// What an input consists of, NUL bytes in between.
  enum Part: Sendable { case text, xml, json }

  /// Empty: bytes as they come.
  var parts: [Part] = []
  var run: @Sendable (_ input: [UInt8]) -> Void

  static let all: [String: Target] = [
    "xml": Target(run: xml),
    "yaml": Target(run: yaml),
    "json": Target(run: json),
    "crmsh": Target(run: crmsh),
    "xml-document": Target(parts: [.xml], run: xmlDocument),
    "document": Target(parts: [.json]) { roundTrip($0, .json) },
    "crmsh-document": Target { roundTrip($0, .crmsh) },
    "schema": Target(parts: [.json], run: schema),
    "cib": Target(parts: [.xml], run: cib),
    "plan": Target(parts: [.text, .json, .xml]) { plan($0, .json) },
    "plan-xml": Target(parts: [.text, .xml, .xml]) { plan($0, .xml) },
    "charm": Target(parts: [.json], run: charm),
    "python": Target(run: python),
    "hook-tools": Target(run: hookTools),
    "maas": Target(parts: [.text, .json], run: maas),
    "fence-options": Target(run: fenceOptions),
    "tools": Target(parts: [.xml], run: tools),
    "status": Target(parts: [.xml], run: status),
    "saved-plan": Target(parts: [.xml], run: savedPlan),
    "history": Target(parts: [.xml], run: history),
  ]
}

/// Ends the process where something is not as it has to be. With `FUZZ_KEEP_GOING` it goes on, and tells what begins
/// alike only once: for a look at what there is.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  guard !condition else { return }
  let message = message()
  guard getenv("FUZZ_KEEP_GOING") != nil else { fail(message) }
  let kind = String(message.prefix { $0 != "\n" }.filter { !$0.isNumber }.prefix(90))
  if told.withLock({ $0.insert(kind).inserted }) { say("FINDING: \(message)\n") }
}

private let told = Mutex<Set<String>>([])

func fail(_ message: String) -> Never {
  say("FINDING: \(message)\n")
  abort()
}

private func say(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
