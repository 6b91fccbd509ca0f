import Testing

@testable import Cluster

@Suite struct MessageBufferTests {
  func size(_ settings: String) -> Int? { MessageBuffer.size(in: Array(settings.utf8)) }

  @Test func theSettingIsReadAsTheShellReadsIt() {
    #expect(size("# PCMK_ipc_buffer=131072\nPCMK_debug=no\n") == nil)
    #expect(size("PCMK_ipc_buffer=200000\n") == 200_000)
    #expect(size("  export PCMK_ipc_buffer=\"200000\" # bytes\nPCMK_ipc_type='x'") == 200_000)
    #expect(size("PCMK_ipc_buffer=1\nPCMK_ipc_buffer='2'\n") == 2)
    #expect(size("PCMK_ipc_buffer=many\nNO_PCMK_ipc_buffer=5\n") == nil)
    #expect(size("") == nil)
  }

  @Test func theEnvironmentGoesFirst() {
    #expect(MessageBuffer.size(Environment(["PCMK_ipc_buffer": "77777"])) == 77_777)
    #expect(MessageBuffer.size(Environment(["PCMK_ipc_buffer": ""])) == MessageBuffer.size(Environment()))
  }

  @Test(.enabled(if: isInstalled("bzip2"))) func whatATextTakesIsWhatBzip2MakesOfIt() throws {
    let noise = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let alike = [UInt8](repeating: 0x61, count: 100_000)
    #expect(try #require(MessageBuffer.need(of: alike)) < 200)
    #expect(try #require(MessageBuffer.need(of: noise)) > 1000)
  }
}
