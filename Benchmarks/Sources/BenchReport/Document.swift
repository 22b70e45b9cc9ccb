// The document: a head that says where and how, a summary of what kept its limit and what did not, and a section
// for each benchmark.

import BenchSupport
import Foundation

struct Document {
  let machine: Machine
  /// The kernels that the benchmarks were told to use, where OpenBLAS does not know the processor.
  let told: String?
  private var sections: [(entry: Entry, outcome: Outcome)] = []

  init(machine: Machine, told: String?) { (self.machine, self.told) = (machine, told) }

  mutating func add(_ entry: Entry, _ outcome: Outcome) { sections.append((entry, outcome)) }

  private var rows: [(benchmark: String, row: Row)] {
    sections.flatMap { section -> [(String, Row)] in
      guard case .report(let report) = section.outcome else { return [] }
      return report.measurements.map { (section.entry.title, $0) }
    }
  }

  /// One line.
  var summary: String {
    let verdicts = rows.flatMap(\.row.verdicts)
    func count(_ verdict: Row.Verdict) -> Int { verdicts.count { $0 == verdict } }
    return
      "\(rows.count) rows; of \(verdicts.count) limits \(count(.holds)) are kept, \(count(.missed)) are missed, "
      + "\(count(.notCompared)) could not be compared"
      + (failures > 0 ? "; \(failures) benchmarks failed" : "")
  }

  /// How many benchmarks failed.
  var failures: Int { sections.count { if case .failed = $0.outcome { true } else { false } } }

  /// The limits that are missed, each with what it is the limit of.
  private var missed: [String] {
    rows.flatMap { benchmark, row in
      zip(row.limits, row.verdicts).filter { $1 == .missed }.map { limit, _ in
        let beside = limit.quantity == .ratio ? row.reference.map { ", beside \($0.name)" } : nil
        return "\(benchmark): \(row.name)\(beside ?? "") (\(BenchReport.text(limit)))"
      }
    }
  }

  func markdown(seconds: Double) -> String {
    var lines = ["# Benchmarks", ""]
    // As the first benchmark found it: with the kernels that it was told to use.
    let reports = sections.compactMap { if case .report(let report) = $0.outcome { report } else { nil } }
    lines += (reports.first?.machine ?? machine).lines.map { "- \($0)" }
    if let told {
      lines.append(
        "- By itself this OpenBLAS takes kernels for \(machine.coreType), because it does not know the processor: "
          + "OPENBLAS_CORETYPE=\(told) was set for ours and for Python's libraries.")
    }
    lines.append(String(format: "- %.0f seconds in all", seconds))
    lines += [
      "",
      "Times are medians and sides take turns in one run, but of rows that say \"one run\"; of gathers and bytes that a "
        + "kernel stands beside the best of five counts. A ratio is ours to what stands beside it: of times where it has a time, so that less "
        + "is better, of rates where it has a rate. Shared machines drift: ratios nearer to 1 than about a tenth say "
        + "little.", "", summary + ".", "",
    ]
    if !missed.isEmpty {
      lines.append("Missed:")
      lines.append("")
      lines += missed.map { "- " + $0 }
      lines.append("")
    }
    for (entry, outcome) in sections {
      lines += [
        "## \(entry.title)", "", "`\(([entry.binary] + entry.arguments).joined(separator: " "))`", "",
      ]
      switch outcome {
      case .report(let report): lines.append(report.markdown)
      case .failed(let reason): lines.append("Failed: \(reason).")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }
}
