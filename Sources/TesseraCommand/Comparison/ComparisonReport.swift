// A comparison for a person, for a script and as a picture.

import Tessera

/// What came of a comparison.
struct ComparisonReport {
  var measurements: [Measurement]
  var faults: [FaultMeasurement]

  /// The number of workers: under mpirun the job's.
  var workers: Int { measurements.first?.median.waiting.count ?? 0 }

  // MARK: for a person

  /// The tables.
  var table: String {
    var text = Text.table([Self.header] + measurements.map(row), leading: 3)
    if !faults.isEmpty {
      text += "\n" + Text.table([Self.faultHeader] + faults.map(row), leading: 4)
      for fault in faults {
        guard let message = fault.error else { continue }
        let (workload, way) = (fault.workload.rawValue, fault.way)
        text += "\(workload), \(way.transport.rawValue), \(way.style.rawValue): \(Text.printable(message))\n"
      }
    }
    return text
  }

  private static let header = [
    "workload", "transport", "style", "time", "dataflow/mp", "steps", "a step", "words", "messages", "bytes",
    "waiting", "most", "result",
  ]

  private func row(_ measurement: Measurement) -> [String] {
    let (run, way) = (measurement.median, measurement.way)
    let ratio = way.style == .dataflow ? ratio(measurement) : nil
    return [
      measurement.workload.rawValue, way.transport.rawValue, way.style.rawValue,
      duration(run.seconds), ratio.map { Text.fixed($0, 2) } ?? "", "\(run.steps)",
      duration(run.seconds / Double(max(1, run.steps))), Text.compact(run.sent.words),
      Text.compact(run.sent.messages), Text.bytes(run.sent.payloadBytes + run.sent.headerBytes),
      percent(measurement.meanWaiting, of: run.seconds),
      percent(run.waiting.max() ?? 0, of: run.seconds), String("\(run.bits)".prefix(8)),
    ]
  }

  private static let faultHeader = [
    "workload", "transport", "style", "fault", "without", "to the result", "times", "to an error",
    "same bits",
  ]

  private func row(_ fault: FaultMeasurement) -> [String] {
    [
      fault.workload.rawValue, fault.way.transport.rawValue, fault.way.style.rawValue,
      fault.inWords, duration(fault.faultFree),
      duration(fault.secondsToResult) + (fault.secondsWithRerun == nil ? "" : ", run again"),
      Text.fixed(fault.secondsToResult / fault.faultFree, 2),
      fault.secondsToError.map(duration) ?? "", isSame(fault) ? "yes" : "NO",
    ]
  }

  private func duration(_ seconds: Double) -> String { Text.duration(nanoseconds: Int(seconds * 1e9)) }

  private func percent(_ part: Double, of whole: Double) -> String {
    whole > 0 ? "\(Text.fixed(100 * part / whole, 0)) %" : ""
  }

  private func ratio(_ measurement: Measurement) -> Double? {
    measurements.ratio(measurement.workload, measurement.way.transport)
  }

  // MARK: bits

  private func isSame(_ fault: FaultMeasurement) -> Bool {
    let expected = measurements.first { $0.workload == fault.workload }?.median.bits
    return fault.bits != nil && fault.bits == expected
  }

  /// The workloads of which some run has given other bits than the others.
  var differing: [Workload] {
    Set(measurements.differing + faults.filter { !isSame($0) }.map(\.workload))
      .sorted { $0.rawValue < $1.rawValue }
  }

  // MARK: for a script

  /// The members of the JSON object.
  var json: [(String, JSON)] {
    [
      ("sameBits", .bool(differing.isEmpty)),
      ("measurements", .array(measurements.map(object))), ("faults", .array(faults.map(object))),
    ]
  }

  private func object(_ measurement: Measurement) -> JSON {
    let run = measurement.median
    return .object(
      place(measurement.workload, measurement.way) + [
        ("seconds", .real(run.seconds)), ("allSeconds", .reals(measurement.runs.map(\.seconds))),
        ("ratio", measurement.way.style == .dataflow ? ratio(measurement).map { .real($0) } ?? .null : .null),
        ("steps", .int(run.steps)), ("secondsPerStep", .real(run.seconds / Double(max(1, run.steps)))),
        ("words", .int(run.sent.words)), ("messages", .int(run.sent.messages)),
        ("payloadBytes", .int(run.sent.payloadBytes)), ("headerBytes", .int(run.sent.headerBytes)),
        ("waitingSeconds", .reals(run.waiting)), ("bits", .text("\(run.bits)")),
      ])
  }

  private func object(_ fault: FaultMeasurement) -> JSON {
    func optional(_ seconds: Double?) -> JSON { seconds.map { .real($0) } ?? .null }
    let kind: (String, Int, Int) =
      switch fault.fault {
      case .kill(let count): ("kill", count, 0)
      case .slow(let count, let factor): ("slow", count, factor)
      }
    return .object(
      place(fault.workload, fault.way) + [
        ("fault", .text(kind.0)), ("workers", .int(kind.1)), ("factor", kind.2 > 0 ? .int(kind.2) : .null),
        ("workersHit", .int(fault.hits)), ("faultFreeSeconds", .real(fault.faultFree)),
        ("secondsToResult", .real(fault.secondsToResult)),
        ("error", fault.error.map { .text($0) } ?? .null), ("secondsToError", optional(fault.secondsToError)),
        ("secondsWithRerun", optional(fault.secondsWithRerun)), ("sameBits", .bool(isSame(fault))),
      ])
  }

  private func place(_ workload: Workload, _ way: RunningWay) -> [(String, JSON)] {
    [
      ("workload", .text(workload.rawValue)), ("transport", .text(way.transport.rawValue)),
      ("style", .text(way.style.rawValue)),
    ]
  }

  // MARK: as a picture

  /// A panel for each workload, a bar for each way of running it, the time in which workers wait hatched.
  func chart(title: String) -> BarChart {
    var workloads: [Workload] = []
    for measurement in measurements where !workloads.contains(measurement.workload) {
      workloads.append(measurement.workload)
    }
    let panels = workloads.map { workload in
      BarChart.Panel(
        title: workload.rawValue,
        bars: measurements.filter { $0.workload == workload }.map(bar)
          + faults.filter { $0.workload == workload }.map(bar))
    }
    return BarChart(
      panels: panels, seriesNames: ExecutionStyle.allCases.map(\.rawValue),
      hatchedName: "a worker waits, on the average", axisName: "milliseconds", title: title)
  }

  private func bar(_ measurement: Measurement) -> BarChart.Bar {
    let seconds = measurement.median.seconds
    let ratio = measurement.way.style == .dataflow ? ratio(measurement) : nil
    return BarChart.Bar(
      label: "\(measurement.way.transport.rawValue), \(measurement.way.style.rawValue)",
      series: series(measurement.way), value: 1000 * seconds, hatched: 1000 * measurement.meanWaiting,
      note: duration(seconds) + (ratio.map { ", \(Text.fixed($0, 2)) times" } ?? ""))
  }

  private func bar(_ fault: FaultMeasurement) -> BarChart.Bar {
    BarChart.Bar(
      label: "\(fault.way.transport.rawValue), \(fault.way.style.rawValue), \(fault.inWords)",
      series: series(fault.way), value: 1000 * fault.secondsToResult,
      note: duration(fault.secondsToResult) + (fault.secondsWithRerun == nil ? "" : ", run again"))
  }

  private func series(_ way: RunningWay) -> Int { ExecutionStyle.allCases.firstIndex(of: way.style) ?? 0 }
}
