import Glibc
import Testing

@testable import Cluster

@Suite struct HistoryFolderTests {
  /// A folder of its own for a test, taken away afterwards.
  private func withFolder(_ body: (inout HistoryFolder) throws -> Void) throws {
    let directory = TemporaryDirectory()
    var folder = HistoryFolder(directory.file("state/history"))
    try body(&folder)
  }

  private func add(_ text: String, to folder: HistoryFolder) throws {
    try folder.begin(Array(text.utf8)).finish()
  }

  @Test func numbersGoOn() throws {
    try withFolder { folder in
      #expect(try folder.entries() == [])
      for text in ["one", "two", "three"] { try add(text, to: folder) }
      #expect(try folder.entries().map(\.number) == [1, 2, 3])
      #expect(try folder.read(folder.entries()[1]) == Array("two".utf8))
      unlink("\(folder.path)/2.xml")
      try add("four", to: folder)
      #expect(try folder.entries().map(\.number) == [1, 3, 4])
    }
  }

  @Test func whatIsPendingIsUnderWayAsLongAsSomebodyHasIt() throws {
    try withFolder { folder in
      var pending: HistoryFolder.Pending? = try folder.begin(Array("one".utf8))
      #expect(try folder.entries() == [.init(number: 1, state: .underWay)])
      #expect(pending?.number == 1)
      pending = nil
      #expect(try folder.entries() == [.init(number: 1, state: .unknown)])
      #expect(try folder.read(folder.entries()[0]) == Array("one".utf8))
      let second = try folder.begin(Array("two".utf8))
      #expect(second.number == 2)
      second.discard()
      #expect(try folder.entries().map(\.number) == [1])
    }
  }

  @Test func anEntryMayTakeThePlaceOfItsFirstHalf() throws {
    try withFolder { folder in
      try add("stopped", to: folder)
      let pending = try folder.begin(Array("deleted".utf8), number: 1)
      #expect(try folder.entries() == [.init(number: 1, state: .underWay)])
      try pending.finish()
      #expect(try folder.entries() == [.init(number: 1, state: .applied)])
      #expect(try folder.read(folder.entries()[0]) == Array("deleted".utf8))
    }
  }

  @Test func theOldestGo() throws {
    try withFolder { folder in
      folder.mostEntries = 3
      for text in ["one", "two", "three", "four", "five"] { try add(text, to: folder) }
      #expect(try folder.entries().map(\.number) == [3, 4, 5])
      folder.mostBytes = 9
      try add("sixth", to: folder)
      #expect(try folder.entries().map(\.number) == [5, 6])
      // What was just written stays, whatever its size.
      try add("much more than nine bytes", to: folder)
      #expect(try folder.entries().map(\.number) == [7])
    }
  }

  @Test func whereItIs() {
    func path(_ variables: [String: String]) -> String? { HistoryFolder.standard(Environment(variables))?.path }
    #expect(path(["CRMSYNC_STATE_DIR": "/srv/state", "HOME": "/home/me"]) == "/srv/state/history")
    guard geteuid() != 0 else {
      #expect(path(["HOME": "/root"]) == "/var/lib/crmsync/history")
      return
    }
    #expect(path(["HOME": "/home/me"]) == "/home/me/.local/state/crmsync/history")
    #expect(path(["HOME": "/home/me", "XDG_STATE_HOME": "/x"]) == "/x/crmsync/history")
    #expect(path(["HOME": "/home/me", "XDG_STATE_HOME": "x"]) == "/home/me/.local/state/crmsync/history")
  }
}
