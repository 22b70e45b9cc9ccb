// The events of one worker on their way to the driver: a table of the names, then ten integers an event.
//
// Clocks: processes on one machine share theirs. Another machine's is set against the driver's by one
// exchange, as in NTP (RFC 5905, section 8): asked at t0, answered with their time t1, heard at t3. Their
// clock is ahead by t1 - (t0 + t3) / 2, give or take half the round trip; where that leaves room for zero, it
// is taken to be zero.

public import TesseraInstrumentation

/// Events that travel.
public struct EventLog: WireCodable, Equatable {
  /// The events.
  public let events: [Event]

  private static let integerCount = 10
  /// 36 years of nanoseconds.
  private static let longestTime = 1 << 60
  /// Bytes or words of all messages together: sums over workers stay far from overflow.
  private static let mostBytes = 1 << 52

  /// The given events.
  public init(_ events: [Event]) { self.events = events }

  /// Writes names and integers.
  public func encode(to writer: inout WireWriter) {
    var (names, numbers) = ([String](), [String: Int]())
    var integers: [Int] = []
    integers.reserveCapacity(events.count * Self.integerCount)
    for event in events {
      let name =
        numbers[event.name]
        ?? {
          names.append(event.name)
          numbers[event.name] = names.count - 1
          return names.count - 1
        }()
      let (code, transfer) = event.kind.coded
      integers += [
        code, name, event.worker, event.start, event.duration, event.flops, transfer.peer, transfer.words,
        transfer.payloadBytes, transfer.headerBytes,
      ]
    }
    names.encode(to: &writer)
    writer.write(array: integers)
  }

  /// Reads events back.
  ///
  /// - Throws: `malformed` for what is no event, and for times and sizes that nothing has.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let names = try [String](from: &reader)
    let integers = try reader.readArray(of: Int.self)
    guard integers.count % Self.integerCount == 0 else { throw .malformed(expected: "whole events") }
    var (events, time, bytes) = ([Event](), 0, 0)
    events.reserveCapacity(integers.count / Self.integerCount)
    for first in stride(from: 0, to: integers.count, by: Self.integerCount) {
      let fields = integers[first..<first + Self.integerCount]
      let (name, worker, start, duration, flops) = (
        fields[first + 1], fields[first + 2], fields[first + 3], fields[first + 4], fields[first + 5]
      )
      let sizes = fields[(first + 6)...]
      guard names.indices ~= name, worker >= 0, -Self.longestTime...Self.longestTime ~= start,
        0...Self.longestTime - time ~= duration, flops >= 0,
        sizes.allSatisfy({ 0...Self.mostBytes ~= $0 }),
        sizes.dropFirst().reduce(bytes, +) <= Self.mostBytes
      else { throw .malformed(expected: "an event") }
      let transfer = Transfer(
        .sent, peer: fields[first + 6], words: fields[first + 7], payloadBytes: fields[first + 8],
        headerBytes: fields[first + 9])
      guard let kind = Event.Kind(code: fields[first], transfer) else {
        throw .malformed(expected: "a kind of event")
      }
      time += duration
      bytes += sizes.dropFirst().reduce(0, +)
      events.append(
        Event(kind, names[name], worker: worker, start: start, duration: duration, flops: flops))
    }
    self.events = events
  }

  /// The events as the driver's clock has it, when the other clock is `offset` ahead.
  ///
  /// - Precondition: an offset of at most 2^60.
  public func shifted(by offset: Int) -> [Event] {
    events.map { event in
      var event = event
      event.start -= offset
      return event
    }
  }

  /// How far a clock that said `answer` between `asked` and `heard` of ours is ahead; zero where it may be
  /// right.
  public static func clockOffset(asked: Int, answer: Int, heard: Int) -> Int {
    asked...heard ~= answer ? 0 : answer - (asked + (heard - asked) / 2)
  }

  /// The times that an answer about the clock may have.
  public static let times = 0...longestTime
}

extension Event.Kind {
  /// A number, and what stands beside it.
  fileprivate var coded: (code: Int, transfer: Transfer) {
    let none = Transfer(.sent, peer: 0, words: 0, payloadBytes: 0, headerBytes: 0)
    return switch self {
    case .step: (0, none)
    case .task: (1, none)
    case .wait: (2, none)
    case .recompute: (5, none)
    case .backup: (6, none)
    case .transfer(let transfer): (transfer.direction == .sent ? 3 : 4, transfer)
    }
  }

  fileprivate init?(code: Int, _ transfer: Transfer) {
    switch code {
    case 0: self = .step
    case 1: self = .task
    case 2: self = .wait
    case 3: self = .transfer(transfer)
    case 4:
      var received = transfer
      received.direction = .received
      self = .transfer(received)
    case 5: self = .recompute
    case 6: self = .backup
    default: return nil
    }
  }
}
