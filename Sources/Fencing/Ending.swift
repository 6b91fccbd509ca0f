import CGlibc
import Glibc

/// First of all: the API key, which has not been read yet, is not to go into a core dump, nor an answer to MAAS.
package func prepareProcess() { crmsync_prepare_process() }

/// Ends an agent with its answer: a failure where not all of it could be written.
package func end(printing text: String) -> Never {
  let bytes = Array(text.utf8)
  exit(write(1, bytes, bytes.count) == bytes.count ? 0 : 1)
}
