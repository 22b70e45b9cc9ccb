// Numbers that are handed over where they lie: the sender lends its memory, the receiver copies from it into
// its own and says so, the sender's wait ends. One copy. When the group is closed the sender takes the memory
// back, unless the receiver is copying just then, for which it waits.

import Glibc
import Synchronization

/// Numbers of whatever type, lent to the receiver of a message.
protocol LentMessage: Sendable {
  /// Gives the numbers back unread: the receiver does not want them, and the sender has no part in that.
  func giveBack()
}

/// A worker's numbers, lent to the receiver of a message.
///
/// `@unchecked Sendable`: the sender leaves the memory alone until `isTaken` or `withdraw` says that the
/// receiver is done with it; the receiver reads it between `state` becoming copying and taken.
final class LentNumbers<Element: Sendable>: LentMessage, @unchecked Sendable {
  private enum State: UInt8, AtomicRepresentable {
    case offered, copying, taken, withdrawn
  }

  private let numbers: UnsafeBufferPointer<Element>
  private let state = Atomic(State.offered)

  init(_ numbers: UnsafeBufferPointer<Element>) { self.numbers = numbers }

  /// How many there are.
  var count: Int { numbers.count }

  /// Whether the receiver is done with them.
  var isTaken: Bool { state.load(ordering: .acquiring) == .taken }

  /// Copies into `buffer`, or drops them where it is too long or too short. Nothing is copied, and the result
  /// is false, when they have been withdrawn.
  func take(into buffer: UnsafeMutableBufferPointer<Element>) -> Bool {
    guard change(from: .offered, to: .copying) else { return false }
    if buffer.count == count { buffer.copy(from: numbers) }
    state.store(.taken, ordering: .releasing)
    return true
  }

  func giveBack() { _ = change(from: .offered, to: .taken) }

  /// Takes the memory back; false when the receiver has had it first, and is done with it now.
  func withdraw() -> Bool {
    if change(from: .offered, to: .withdrawn) { return true }
    while !isTaken { sched_yield() }
    return false
  }

  private func change(from old: State, to new: State) -> Bool {
    state.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing).exchanged
  }
}
