// ARPACK keeps the state of its iteration in static variables, one set for the whole process. This gate lets
// one iteration run at a time; others wait in turn without blocking a thread.

/// A lock that asynchronous code waits for.
actor ArpackGate {
  /// The gate of this process: global, because what it guards is.
  static let shared = ArpackGate()

  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Waits until no iteration is under way and begins one.
  func enter() async {
    if !isBusy {
      isBusy = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Ends an iteration; the next in turn begins.
  func leave() {
    if waiting.isEmpty {
      isBusy = false
    } else {
      waiting.removeFirst().resume()
    }
  }
}
