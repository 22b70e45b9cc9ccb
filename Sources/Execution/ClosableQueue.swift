// What one thread hands to another, first in, first out.

import TesseraCommunication

/// A queue that one thread takes from and any number put into.
///
/// `@unchecked Sendable`: every access to the stored properties holds the monitor's lock.
final class ClosableQueue<Element: Sendable>: @unchecked Sendable {
  private let monitor = AdaptiveMonitor()
  private var elements: [Element] = []
  private var isClosed = false

  /// Adds an element; false when the queue is closed and nobody will take it.
  @discardableResult
  func push(_ element: Element) -> Bool {
    monitor.lock()
    if isClosed {
      monitor.unlock()
      return false
    }
    elements.append(element)
    monitor.unlockAndNotify()
    return true
  }

  /// No more elements come; those already here are taken first.
  func close() {
    monitor.lock()
    isClosed = true
    monitor.unlockAndNotify()
  }

  /// Waits for the next element; nil when the queue is closed and empty.
  func next() -> Element? {
    monitor.lock()
    defer { monitor.unlock() }
    while elements.isEmpty && !isClosed { monitor.wait() }
    return elements.isEmpty ? nil : elements.removeFirst()
  }
}
