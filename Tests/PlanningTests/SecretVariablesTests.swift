import Testing

@testable import Commands

@Suite struct SecretVariablesTests {
  @Test(arguments: [
    "params: {apikey: {env: MAAS_KEY}}", "params:\n  apikey:\n    env: MAAS_KEY\n", #"{"apikey": {"env": "MAAS_KEY"}}"#,
    #"{"apikey":{"env":"MAAS_KEY"}}"#, "apikey: {'env' : 'MAAS_KEY'}", "apikey: {env:\n  MAAS_KEY}",
  ])
  func theVariableOfADocumentIsFound(text: String) {
    #expect(SecretVariables.names(in: Array(text.utf8)) == ["MAAS_KEY"])
  }

  @Test(arguments: ["", "env", "environment", "e", "seven", "env:"])
  func whatNamesNothingHasNone(text: String) {
    #expect(SecretVariables.names(in: Array(text.utf8)).filter { !$0.isEmpty } == [])
  }
}
