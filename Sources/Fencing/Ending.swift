import CGlibc
import Glibc

/// The API key is not to go into a core dump. First of all, before it is read.
package func forbidCoreDumps() { crmsync_forbid_core_dumps() }

/// Ends an agent with its answer: a failure where not all of it could be written.
package func end(printing text: String) -> Never {
  let bytes = Array(text.utf8)
  exit(write(1, bytes, bytes.count) == bytes.count ? 0 : 1)
}
