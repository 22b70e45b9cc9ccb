// Predictions for many workers as tables and as JSON.

import Tessera

/// Predictions of some works on one machine.
struct ScalingReport {
  let machine: MachineModel
  /// Whether some of the rates are this machine's.
  let isMeasured: Bool
  let parts: [(work: ScalingWork, predictions: [ScalingPrediction])]

  var text: String {
    var lines = [
      "a worker: \(rate(machine.flopRate)) GFLOP/s, reads \(rate(machine.memoryBandwidth)) GB/s; messages: "
        + "\(Text.significant(machine.latency * 1e6)) us, \(rate(machine.bandwidth)) GB/s"
        + (isMeasured ? " (what is not given is measured here, messages over loopback)" : "")
    ]
    for (work, predictions) in parts { lines.append("\n\(work.heading)\n" + Self.table(work, predictions)) }
    return lines.joined(separator: "\n").trimmedEnd
  }

  private func rate(_ x: Double) -> String { Text.significant(x / 1e9) }

  private static func table(_ work: ScalingWork, _ predictions: [ScalingPrediction]) -> String {
    var rows = [
      ["workers", "busy", "grid", "words", "bound", "ratio", "messages", "memory", "time", "efficiency"]
    ]
    for p in predictions {
      let bound = p.lowerBoundWords ?? 0
      let hasRatio = bound > 0 && p.busyWorkers > 1
      rows.append([
        "\(p.workers)", "\(p.busyWorkers)", p.grid?.description ?? "", Text.significant(p.words),
        bound > 0 ? Text.significant(bound) : "", hasRatio ? Text.fixed(p.words / bound, 3) : "",
        "\(p.messages)", Text.bytes(Int(p.peakBytes)),
        Text.duration(nanoseconds: Int(min(p.seconds * 1e9, 9e18))),
        Text.fixed(p.efficiency, 3),
      ])
    }
    // Only a product has a grid and a bound.
    if case .product = work {} else { rows = rows.map { Array($0[..<2] + $0[3..<4] + $0[6...]) } }
    return Text.table(rows, leading: 0)
  }

  func json(seconds: Double) -> JSON {
    .object([
      (
        "machine",
        .object([
          ("flopsPerSecond", .real(machine.flopRate)),
          ("memoryBytesPerSecond", .real(machine.memoryBandwidth)),
          ("latencySeconds", .real(machine.latency)), ("bytesPerSecond", .real(machine.bandwidth)),
        ])
      ),
      (
        "models",
        .array(
          parts.map { work, predictions in
            .object([
              ("work", .text(work.kind)), ("shape", .array(work.lengths.map { .int($0) })),
              ("predictions", .array(predictions.map(Self.member))),
            ])
          })
      ),
      ("seconds", .real(seconds)),
    ])
  }

  private static func member(_ p: ScalingPrediction) -> JSON {
    .object([
      ("workers", .int(p.workers)), ("busyWorkers", .int(p.busyWorkers)),
      ("plan", p.grid.map { .text("\($0)") } ?? .null), ("predictedWords", .real(p.words)),
      ("lowerBoundWords", p.lowerBoundWords.map { .real($0) } ?? .null), ("messages", .int(p.messages)),
      ("peakBytes", .real(p.peakBytes)), ("seconds", .real(p.seconds)), ("efficiency", .real(p.efficiency)),
    ])
  }
}

extension ScalingWork {
  fileprivate var kind: String {
    switch self {
    case .product: "product"
    case .gramPass: "pass"
    case .triangle: "tsqr"
    }
  }

  fileprivate var lengths: [Int] {
    switch self {
    case .product(let m, let k, let n, _): [m, k, n]
    case .gramPass(let m, let n, let nonzeros): [m, n, nonzeros]
    case .triangle(let m, let n): [m, n]
    }
  }

  fileprivate var heading: String {
    switch self {
    case .product(let m, let k, let n, _): "C (\(m) x \(n)) = A (\(m) x \(k)) B (\(k) x \(n)), dense"
    case .gramPass(let m, let n, let nonzeros): "A'(A x), A \(m) x \(n) with \(nonzeros) nonzeros"
    case .triangle(let m, let n): "R of A = Q R, A \(m) x \(n), by reflections"
    }
  }
}

extension String {
  /// Without line ends at the end.
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == "\n" { text.removeLast() }
    return text
  }
}
