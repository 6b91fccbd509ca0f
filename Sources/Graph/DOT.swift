/// Graphviz's language, as far as the picture of a cluster needs it.
///
/// Names come from the cluster and from documents: nothing in them is markup, for Graphviz or for the browser that
/// shows the SVG.
enum DOT {
  /// A quoted string: an id, or the value of an attribute.
  static func quoted(_ text: String) -> String {
    "\"" + escaped(text) { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : nil } + "\""
  }

  /// Text inside an HTML-like label.
  static func html(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      // Graphviz replaces \N and the like by names, here too.
      case "\\": "\\\\"
      default: nil
      }
    }
  }

  private static func escaped(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if let replacement = replacement(scalar) {
        result += replacement
      } else {
        result.unicodeScalars.append(isPrintable(scalar) ? scalar : "\u{FFFD}")
      }
    }
  }

  /// XML, which an SVG is, has no control characters, not even as references.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value & 0xFFFE != 0xFFFE
  }

  static func bold(_ html: String) -> String { "<B>\(html)</B>" }

  static func struck(_ html: String) -> String { "<S>\(html)</S>" }

  static func coloured(_ html: String, _ colour: String) -> String {
    html.isEmpty ? "" : "<FONT COLOR=\"\(colour)\">\(html)</FONT>"
  }

  /// Graphviz takes no empty one.
  static func small(_ html: String) -> String { html.isEmpty ? "" : "<FONT POINT-SIZE=\"10\">\(html)</FONT>" }
}

/// A table that is one node of the graph.
struct Table {
  private var rows: [String] = []
  private let border: String

  /// - Parameter border: its colour.
  init(border: String = Palette.line) { self.border = border }

  struct Cell {
    var html: String
    var background: String?
    var columns = 1
    var isCentred = false

    init(_ html: String, background: String? = nil, columns: Int = 1, isCentred: Bool = false) {
      self.html = html
      self.background = background
      self.columns = columns
      self.isCentred = isCentred
    }

    fileprivate var text: String {
      var attributes = isCentred ? "" : " ALIGN=\"LEFT\" BALIGN=\"LEFT\""
      if let background { attributes += " BGCOLOR=\"\(background)\"" }
      if columns > 1 { attributes += " COLSPAN=\"\(columns)\"" }
      // Graphviz takes no empty cell.
      return "<TD\(attributes)>\(html.isEmpty ? " " : html)</TD>"
    }
  }

  mutating func add(_ cells: Cell...) { add(cells) }

  mutating func add(_ cells: [Cell]) { rows.append("<TR>\(cells.map(\.text).joined())</TR>") }

  /// - Parameter grid: whether lines stand between the cells.
  func label(grid: Bool = false) -> String {
    "<<TABLE BORDER=\"1\" CELLBORDER=\"\(grid ? 1 : 0)\" CELLSPACING=\"0\" CELLPADDING=\"6\" COLOR=\"\(border)\" "
      + "BGCOLOR=\"white\">\(rows.joined())</TABLE>>"
  }
}

/// Colours that stay apart in print and for the colour-blind; what they mean is said in words as well.
enum Palette {
  static let line = "#8a94a0"
  static let text = "#1d2733"
  static let quiet = "#5a6572"
  static let head = "#e8ecf1"
  static let good = "#d9ecdf"
  static let idle = "#e8ecf1"
  static let attention = "#fdebc8"
  static let bad = "#f8d3cf"
  static let new = "#1a7f37"
  static let changed = "#9a6700"
  static let going = "#b3261e"
}
