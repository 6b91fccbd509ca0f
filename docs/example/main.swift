// What others can build on: says whether a CIB is what a document says, and what differs.
//
//     cibadmin --query > cib.xml
//     drift cib.xml cluster.yaml

import CrmsyncPlanning
import Glibc

func fail(_ message: String) -> Never {
  let bytes = Array("\(message)\n".utf8)
  write(2, bytes, bytes.count)
  exit(1)
}

func read(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { fail("cannot read \(path)") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var byte = fgetc(file)
  while byte != EOF {
    bytes.append(UInt8(byte))
    byte = fgetc(file)
  }
  return bytes
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { fail("usage: drift CIB DOCUMENT") }

do {
  let cluster = try ClusterConfiguration(cib: read(arguments[1]))
  let document = try ConfigurationDocument(read(arguments[2]), name: arguments[2], format: .yaml)
  let plan = try ConfigurationPlan(from: cluster, to: [document])
  print(plan.isInSync ? "\(cluster.objects.count) objects, in sync" : "out of sync")
  for change in plan.changes {
    print("  \(change.action.rawValue) \(change.kind) \(change.id)")
    for detail in change.details { print("    \(detail)") }
  }
} catch let problems as Problems {
  fail(problems.description)
} catch {
  fail("\(arguments[1]): \(error)")
}
