import Desired
import XML

/// A word of a statement in crmsh syntax, without its quotes.
struct CrmshWord: Equatable {
  var text: String
  var position: SourcePosition
  /// Whether a part of it stood in quotes, even if that was nothing.
  var isQuoted = false
}

/// What is wrong with a statement, which ends the reading of it.
struct CrmshProblem: Error {
  var message: String
  var position: SourcePosition
  var hint: String?
  /// Whether the statement could not be split into words, so that its end has still to be found.
  var isInLexer = false
}

/// Splits text in crmsh syntax into statements and words: a statement is a line, which a backslash at its end continues;
/// words are split and quoted as in a POSIX shell, without its expansions.
struct CrmshLexer {
  private let text: [Unicode.Scalar]
  private var at = 0
  private var line = 1
  private var lineStart = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  /// The words of the next statement; empty at the end of the text.
  mutating func next() throws(CrmshProblem) -> [CrmshWord] {
    var words: [CrmshWord] = []
    var startsLine = true
    while let character = peek {
      switch character {
      case "\n":
        advance()
        if !words.isEmpty { return words }
        startsLine = true
      case " ", "\t", "\r": advance()
      case "\\" where isFollowedByLineEnd:
        skipToNextLine()
        startsLine = false
      // Only where a statement could begin: elsewhere it is part of a word, as in `#uname`.
      case "#" where words.isEmpty && startsLine:
        while let next = peek, next != "\n" {
          _ = next
          advance()
        }
      default:
        words.append(try word())
        // XML stands there as it is, its quotes included.
        if words.count == 1, words[0].text.lowercased() == "xml", let element = rawElement() {
          words.append(element)
          return words
        }
      }
    }
    return words
  }

  /// The words of a text that is the rest of one statement: no comment begins in it, no XML, and no other statement.
  static func words(of text: String) throws(CrmshProblem) -> [CrmshWord] {
    var lexer = CrmshLexer(text)
    var words: [CrmshWord] = []
    var lineBreak: SourcePosition?
    while let character = lexer.peek {
      switch character {
      case "\n":
        lineBreak = words.isEmpty ? nil : lineBreak ?? lexer.position
        lexer.advance()
      case " ", "\t", "\r": lexer.advance()
      case "\\" where lexer.isFollowedByLineEnd: lexer.skipToNextLine()
      default:
        if let lineBreak {
          throw CrmshProblem(
            message: "a line break, where the rest of one statement is expected", position: lineBreak)
        }
        words.append(try lexer.word())
      }
    }
    return words
  }

  private mutating func word() throws(CrmshProblem) -> CrmshWord {
    var word = CrmshWord(text: "", position: position)
    while let character = peek {
      switch character {
      case " ", "\t", "\r", "\n": return word
      case "\\" where isFollowedByLineEnd: return word
      case "\\":
        advance()
        if let escaped = peek {
          word.text.unicodeScalars.append(escaped)
          advance()
        }
      case "'", "\"":
        word.text += try quoted(by: character)
        word.isQuoted = true
      default:
        word.text.unicodeScalars.append(character)
        advance()
      }
    }
    return word
  }

  /// In single quotes everything stands for itself; in double quotes a backslash takes the meaning from `"` and `\`.
  private mutating func quoted(by quote: Unicode.Scalar) throws(CrmshProblem) -> String {
    let start = position
    var content = ""
    advance()
    while let character = peek {
      if character == "\n" {
        // A statement is a line, so that a missing quote spoils no more than that.
        throw CrmshProblem(
          message: "the quote \(quote) is not closed on its line", position: start, isInLexer: true)
      }
      advance()
      if character == quote { return content }
      if character == "\\", quote == "\"", let next = peek, next == quote || next == "\\" {
        content.unicodeScalars.append(next)
        advance()
      } else {
        content.unicodeScalars.append(character)
      }
    }
    throw CrmshProblem(message: "the quote \(quote) is not closed", position: start, isInLexer: true)
  }

  /// The rest of the statement, if it is an element that no quotes are around.
  private mutating func rawElement() -> CrmshWord? {
    while let character = peek {
      if character == "\\", isFollowedByLineEnd {
        skipToNextLine()
      } else if character == " " || character == "\t" {
        advance()
      } else {
        break
      }
    }
    guard peek == "<" else { return nil }
    let start = position
    var element = ""
    while let character = peek, character != "\n" {
      if character == "\\", isFollowedByLineEnd {
        skipToNextLine()
      } else {
        element.unicodeScalars.append(character)
        advance()
      }
    }
    return CrmshWord(text: element, position: start)
  }

  /// After a problem: goes on with the next statement.
  mutating func skipStatement() {
    while let character = peek {
      if character == "\\" && isFollowedByLineEnd {
        skipToNextLine()
        continue
      }
      advance()
      if character == "\n" { return }
    }
  }

  // MARK: Characters

  private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }
  private var position: SourcePosition { SourcePosition(line: line, column: at - lineStart + 1) }

  private mutating func advance() {
    if text[at] == "\n" {
      line += 1
      lineStart = at + 1
    }
    at += 1
  }

  private var isFollowedByLineEnd: Bool {
    var next = at + 1
    while next < text.count, [" ", "\t", "\r"].contains(text[next]) { next += 1 }
    return next == text.count || text[next] == "\n"
  }

  private mutating func skipToNextLine() {
    while let character = peek {
      advance()
      if character == "\n" { return }
    }
  }
}
