import CIB

extension String {
  /// The text as a terminal may get it. Names and values come from documents and from the cluster: control characters
  /// would act on the terminal, line ends make up lines of a plan, marks of direction turn the text around. They are
  /// written out, `\n` and `\u{9b}`; the user part of a URL is masked.
  var printable: String {
    // Nearly everything is plain, and a plan may have 20,000 lines.
    if utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "@") }) { return self }
    var result = ""
    for scalar in Secret.maskingUserInfo(in: self).unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
          result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
