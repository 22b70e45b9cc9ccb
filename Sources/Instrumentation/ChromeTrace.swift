// Events as a timeline for chrome://tracing and ui.perfetto.dev: the Trace Event Format's complete ("X")
// events, one process per worker, one lane (thread) per kind. Viewers want the events of a lane to nest;
// those that overlap without nesting, such as two messages under way at once, go to further lanes of
// their kind. O(n log n) for n events; about 120 bytes an event.

/// The timeline of a run in Chrome's trace format.
public struct ChromeTrace: Sendable {
  private let events: [Event]

  /// The timeline of `events`, which may come in any order.
  public init(_ events: some Sequence<Event>) {
    self.events = events.sorted { ($0.start, $1.end) < ($1.start, $0.end) }
  }

  /// Writes the JSON into a stream.
  public func write(to stream: inout some TextOutputStream) {
    let origin = events.first?.start ?? 0
    var workers: [Int: Lanes] = [:]
    var separator = "\n"
    stream.write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")
    func emit(_ object: String) {
      stream.write(separator + object)
      separator = ",\n"
    }
    for event in events {
      if workers[event.worker] == nil {
        emit(metadata("process_name", event.worker, 0, #""name":"worker \#(event.worker)""#))
        emit(metadata("process_sort_index", event.worker, 0, #""sort_index":\#(event.worker)"#))
      }
      let lane = workers[event.worker, default: Lanes()].place(event)
      if lane.isNew {
        emit(metadata("thread_name", event.worker, lane.id, #""name":"\#(lane.name)""#))
        emit(metadata("thread_sort_index", event.worker, lane.id, #""sort_index":\#(lane.id)"#))
      }
      emit(complete(event, lane: lane.id, origin: origin))
    }
    stream.write("\n]}\n")
  }

  /// Writes the JSON into a file, which appears whole or not at all.
  ///
  /// - Throws: `OutputError` when the file cannot be created or written.
  public func write(toFile path: String) throws(OutputError) {
    try TextFile.write(to: path) { write(to: &$0) }
  }

  private func metadata(_ what: String, _ worker: Int, _ lane: Int, _ argument: String) -> String {
    #"{"ph":"M","name":"\#(what)","pid":\#(worker),"tid":\#(lane),"args":{\#(argument)}}"#
  }

  private func complete(_ event: Event, lane: Int, origin: Int) -> String {
    let start = microseconds(event.start - origin)
    var text = #"{"ph":"X","name":"\#(escaped(event.name))","cat":"\#(event.kind.category)","#
    text += #""pid":\#(event.worker),"tid":\#(lane),"ts":\#(start),"dur":\#(microseconds(event.duration))"#
    if case .transfer(let transfer) = event.kind {
      text += #","args":{"direction":"\#(transfer.direction)","peer":\#(transfer.peer),"#
      text += #""words":\#(transfer.words),"payloadBytes":\#(transfer.payloadBytes),"#
      text += #""headerBytes":\#(transfer.headerBytes)}"#
    } else if event.flops > 0 {
      text += #","args":{"flops":\#(event.flops)}"#
    }
    return text + "}"
  }

  /// Nanoseconds as microseconds with three decimals, exactly.
  private func microseconds(_ nanoseconds: Int) -> String {
    let fraction = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}

extension ChromeTrace: CustomStringConvertible {
  /// The JSON.
  public var description: String {
    var text = ""
    write(to: &text)
    return text
  }
}

/// The lanes of one worker: for each kind as many as its overlapping events need.
private struct Lanes {
  /// Per kind and lane, the ends of the events that are open, the outermost first.
  private var open: [Event.Category: [[Int]]] = [:]

  /// The first lane of the event's kind in which it nests. Events come by rising start, longest first.
  mutating func place(_ event: Event) -> (id: Int, name: String, isNew: Bool) {
    let category = event.kind.category
    var lanes = open[category] ?? []
    for k in lanes.indices {
      while let end = lanes[k].last, end <= event.start { lanes[k].removeLast() }
    }
    let nesting = lanes.firstIndex { $0.last.map { event.end <= $0 } ?? true }
    let lane = nesting ?? lanes.count
    if nesting == nil { lanes.append([]) }
    lanes[lane].append(event.end)
    open[category] = lanes

    let (base, name) =
      switch category {
      case .step: (1000, "steps")
      case .task: (2000, "compute")
      case .recompute: (2100, "recompute")
      case .backup: (2200, "backup")
      case .transfer: (3000, "communicate")
      case .wait: (4000, "wait")
      }
    return (base + lane, lane == 0 ? name : "\(name) \(lane + 1)", nesting == nil)
  }
}

/// The inside of a JSON string.
private func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\0"..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
