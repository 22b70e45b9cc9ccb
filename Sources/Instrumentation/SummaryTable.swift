// Where the time went: one line per kind and name of event, after PETSc's -log_view. The ratio column is
// what finds imbalance: the longest total time on a worker over the shortest, among the workers that have
// such events at all. Flops are those that kernels count; their rate is that of one worker while it is in
// such events. O(n) for n events.

/// Events summed up by kind and name.
public struct SummaryTable: Sendable, Equatable {
  /// The events of one kind and name.
  public struct Row: Sendable, Equatable {
    /// The kind.
    public var category: Event.Category
    /// The name.
    public var name: String
    /// Number of events on all workers.
    public var count: Int
    /// Number of workers with at least one of them.
    public var workers: Int
    /// The longest total time on a worker, in nanoseconds.
    public var longest: Int
    /// The shortest total time on a worker that has such events, in nanoseconds.
    public var shortest: Int
    /// The time on all workers together, in nanoseconds.
    public var time: Int
    /// Floating-point operations on all workers together.
    public var flops: Int
    /// Messages, counted where they were received: each of them once.
    public var messages: Int
    /// Payload and header bytes of those messages.
    public var bytes: Int

    /// Floating-point operations in a second of a worker's time in these events; 0 without either.
    public var rate: Int {
      time > 0 ? Int(min(1e18, (1e9 * Double(flops) / Double(time)).rounded())) : 0
    }
  }

  /// The lines: steps, tasks, tasks run again, backups, transfers, waits, each by falling time.
  public let rows: [Row]
  /// From the first event's start to the last one's end, in nanoseconds.
  public let total: Int
  /// Number of workers with at least one event.
  public let workers: Int

  /// The summary of `events`, which may come in any order.
  public init(_ events: some Sequence<Event>) {
    var tallies: [Tally.Key: Tally] = [:]
    var workers: Set<Int> = []
    var (first, last) = (Int.max, Int.min)
    for event in events {
      workers.insert(event.worker)
      (first, last) = (min(first, event.start), max(last, event.end))
      let key = Tally.Key(category: event.kind.category, name: event.name)
      tallies[key, default: Tally()].add(event)
    }
    let rows = tallies.map { $1.row($0) }
    let order = Event.Category.allCases
    self.rows = order.flatMap { category in
      rows.filter { $0.category == category }
        .sorted { ($1.longest, $0.name) < ($0.longest, $1.name) }
    }
    self.workers = workers.count
    total = workers.isEmpty ? 0 : last - first
  }
}

/// What is summed up for one line of the table.
private struct Tally {
  struct Key: Hashable {
    var category: Event.Category
    var name: String
  }

  var count = 0
  var times: [Int: Int] = [:]
  var flops = 0
  var messages = 0
  var bytes = 0

  mutating func add(_ event: Event) {
    count += 1
    times[event.worker, default: 0] += event.duration
    flops = saturatingSum(flops, event.flops)
    if case .transfer(let transfer) = event.kind, transfer.direction == .received {
      messages += 1
      bytes += transfer.bytes
    }
  }

  func row(_ key: Key) -> SummaryTable.Row {
    SummaryTable.Row(
      category: key.category, name: key.name, count: count, workers: times.count,
      longest: times.values.max() ?? 0, shortest: times.values.min() ?? 0,
      time: times.values.reduce(0, saturatingSum), flops: flops, messages: messages, bytes: bytes)
  }
}

/// Counts of other processes: what is beyond 2^63 together is no count.
private func saturatingSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflows) = a.addingReportingOverflow(b)
  return overflows ? .max : sum
}

extension SummaryTable: CustomStringConvertible {
  /// The table as text with aligned columns, a line of totals below.
  public var description: String {
    let header = [
      "kind", "name", "count", "workers", "max time", "max/min", "flops", "flop/s", "messages", "bytes",
      "% of total",
    ]
    let body = rows.map { row in
      [
        row.category.rawValue, Text.printable(row.name), Text.grouped(row.count), "\(row.workers)",
        Text.duration(nanoseconds: row.longest),
        row.shortest > 0 ? Text.fixed(Double(row.longest) / Double(row.shortest), 2) : "-",
        row.flops > 0 ? Text.compact(row.flops) : "",
        row.flops > 0 && row.time > 0 ? Text.compact(row.rate) : "",
        row.category == .transfer ? Text.grouped(row.messages) : "",
        row.category == .transfer ? Text.bytes(row.bytes) : "",
        total > 0 ? Text.fixed(100 * Double(row.longest) / Double(total), 1) : "-",
      ]
    }
    let workersText = "\(workers) worker\(workers == 1 ? "" : "s")"
    return Text.table([header] + body, leading: 2)
      + "total \(Text.duration(nanoseconds: total)) on \(workersText)\n"
  }
}
