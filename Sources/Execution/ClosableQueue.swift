// What one thread hands to another, first in, first out.

import Foundation

/// A queue that one thread takes from and any number put into.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class ClosableQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Element] = []
  private var isClosed = false

  /// Adds an element; false when the queue is closed and nobody will take it.
  @discardableResult
  func push(_ element: Element) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isClosed { return false }
    elements.append(element)
    condition.signal()
    return true
  }

  /// No more elements come; those already here are taken first.
  func close() {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    condition.signal()
  }

  /// Waits for the next element; nil when the queue is closed and empty.
  func next() -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty && !isClosed { condition.wait() }
    return elements.isEmpty ? nil : elements.removeFirst()
  }
}
