// What a recorder has seen moving.

public import TesseraInstrumentation

extension Recorder {
  /// The words of all messages sent.
  public var wordsSent: Int {
    events().reduce(0) { sum, event in
      if case .transfer(let transfer) = event.kind, transfer.direction == .sent {
        sum + transfer.words
      } else {
        sum
      }
    }
  }
}
