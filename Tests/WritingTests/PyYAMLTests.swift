import FoundationEssentials
import Glibc
import Testing

@testable import Documents

/// PyYAML reads YAML 1.1 and takes most things for something other than text.
let hasPyYAML = system("python3 -c 'import yaml' 2>/dev/null") == 0

/// Whether PyYAML and Python's JSON parser read the same from what the emitters make of each of the values.
func pyYAMLReads(_ values: [NativeValue]) throws -> Bool {
  let folder = "/tmp/crmsync-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  for (index, value) in values.enumerated() {
    try Data(YAMLEmitter.bytes(of: value)).write(to: URL(filePath: "\(folder)/\(index).yaml"))
    try Data(JSONEmitter.bytes(of: value)).write(to: URL(filePath: "\(folder)/\(index).json"))
  }
  let script = """
    import glob, json, sys, yaml
    def text(value):
        if isinstance(value, dict): return {text(k): text(v) for k, v in value.items()}
        if isinstance(value, list): return [text(v) for v in value]
        if isinstance(value, bool): return str(value).lower()
        assert value is None or isinstance(value, (str, int)), value
        return None if value is None else str(value)
    for name in glob.glob(sys.argv[1] + '/*.yaml'):
        expected = json.load(open(name[:-5] + '.json', encoding='utf-8'))
        found = text(yaml.safe_load(open(name, encoding='utf-8', newline='')))
        assert found == expected, (name, found, expected)
    """
  try Data(script.utf8).write(to: URL(filePath: "\(folder)/check.py"))
  return system("python3 \(folder)/check.py \(folder)") == 0
}

@Suite("WritingTests: PyYAML", .enabled(if: hasPyYAML, "PyYAML is not installed"))
struct PyYAMLTests {
  @Test("any text, as key and value, in block and in flow style") func anyText() throws {
    var generator = SystemRandomNumberGenerator()
    let pieces =
      "abeEnNoyYtTxXfF0123456789 -_.,:;?!#&*|<>=%@`~'\"[]{}()+/\\$^\n\t\u{7F}\u{85}\u{A0}ü€\u{2028}\u{FEFF}😀".map(
        String.init)
    func text() -> String {
      (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
    }
    var values: [NativeValue] = []
    for _ in 0..<40 {
      var keys: Set<String> = []
      var entries: [NativeValue.Entry] = []
      for index in 0..<60 where keys.insert(text()).inserted {
        _ = index
      }
      for key in keys {
        let pair = NativeValue.map([.init(key, .text(text()))])
        let long = NativeValue.text(text() + String(repeating: "l", count: 130) + text())
        entries.append(
          .init(key, [pair, .text(text()), .list([.text(text()), .text(text())]), long].randomElement()!))
      }
      values.append(
        .map(
          [.init("nested", .map(entries)), .init("list", .list(entries.map(\.value)))]
            + entries.filter {
              $0.key != "nested" && $0.key != "list"
            }))
    }
    #expect(try pyYAMLReads(values))
  }
}
