// environ is a mutable global of C; it is read here once, before anything could change it.
@preconcurrency import Glibc

/// The environment that programs are started with: a value, so that tests need no `setenv`.
///
/// Entries are kept as bytes: what is no UTF-8 reaches the child as it is.
package struct Environment: Sendable {
  private var entries: [[UInt8]]

  package init(_ variables: [String: String] = [:]) {
    entries = variables.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
  }

  /// The environment of this process.
  package static let current = Environment(reading: environ)

  /// What other programs are started with: all of it, but for the variables that hold secrets.
  ///
  /// Changed by the main thread before anything is started, and not any more.
  package nonisolated(unsafe) static var ofTools = current.tuningMalloc()

  /// Pacemaker's tools make a large CIB of hundreds of thousands of small blocks. Each time that one is freed beside
  /// them, or a large one is wanted, glibc goes through all those that were freed before, unless it keeps no "fast bins":
  /// without, `cibadmin` with 1000 remote nodes takes 0.81 of its time (2.1.5, glibc 2.36). Others ignore the variable.
  func tuningMalloc() -> Environment {
    var result = self
    if self[Self.tunables] == nil { result[Self.tunables] = "glibc.malloc.mxfast=0" }
    return result
  }

  private static let tunables = "GLIBC_TUNABLES"

  /// The names of all variables.
  package var names: [String] {
    entries.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self) }
  }

  private init(reading pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
    entries = []
    guard var next = pointers else { return }
    while let entry = next.pointee {
      entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
      next += 1
    }
  }

  /// The value of a variable; setting nil removes it.
  package subscript(name: String) -> String? {
    get {
      let prefix = Array("\(name)=".utf8)
      for entry in entries where entry.starts(with: prefix) {
        return String(decoding: entry.dropFirst(prefix.count), as: UTF8.self)
      }
      return nil
    }
    set {
      let prefix = Array("\(name)=".utf8)
      entries.removeAll { $0.starts(with: prefix) }
      if let newValue { entries.append(prefix + Array(newValue.utf8)) }
    }
  }

  /// Calls with a NULL-terminated array of C strings, as `posix_spawn` wants it.
  func withCStrings<R>(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
    withCStringArray(entries, body)
  }
}

func withCStringArray<R>(
  _ strings: [[UInt8]], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { bytes in
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
    copy[bytes.count] = 0
    return copy
  }
  pointers.append(nil)
  defer { for pointer in pointers { pointer?.deallocate() } }
  return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}
