import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A seeded generator (SplitMix64), so that every run draws the same matrices.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What an XML reader finds in a picture; nil when it is not well formed.
struct Picture {
  /// Names and attributes of the elements, in order.
  var elements: [(name: String, attributes: [String: String])]
  /// Contents of the text and title elements, in order.
  var texts: [String]

  init?(_ svg: String) {
    let reader = Reader()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = reader
    guard parser.parse() else { return nil }
    elements = reader.elements
    texts = reader.texts
  }

  /// The elements of one name.
  func elements(_ name: String) -> [[String: String]] {
    elements.filter { $0.name == name }.map(\.attributes)
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var texts: [String] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      elements.append((name, attributes))
      if name == "text" || name == "title" { texts.append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if elements.last?.name == "text" || elements.last?.name == "title", string != "\n" {
        texts[texts.count - 1] += string
      }
    }
  }
}
