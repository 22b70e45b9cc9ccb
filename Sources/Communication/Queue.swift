// First in, first out, in amortized O(1) each: the front moves through an array, whose taken part is given back
// when it is long and more than half of it.

/// Elements in the order in which they were appended.
package struct Queue<Element> {
  /// Those before `start` are taken.
  private var elements: [Element?] = []
  private var start = 0

  /// None.
  package init() {}

  package var isEmpty: Bool { start == elements.count }

  /// The element that has been here longest.
  package var first: Element? { isEmpty ? nil : elements[start] }

  /// The element that came last.
  package var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

  package mutating func append(_ element: Element) { elements.append(element) }

  /// Takes the first element.
  package mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[start]
    elements[start] = nil
    start += 1
    if isEmpty {
      removeAll()
    } else if start > 1024, start > elements.count / 2 {
      elements.removeFirst(start)
      start = 0
    }
    return element
  }

  /// Takes the last element.
  package mutating func popLast() -> Element? {
    guard !isEmpty else { return nil }
    defer { if isEmpty { removeAll() } }
    return elements.removeLast()
  }

  package mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    start = 0
  }

  package func forEach(_ body: (Element) -> Void) {
    for case let element? in elements[start...] { body(element) }
  }
}

extension Queue: Sendable where Element: Sendable {}
