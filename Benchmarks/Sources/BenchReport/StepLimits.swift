// bench-styles is a subcommand of tessera's, which knows nothing of this package: its JSON becomes rows here.

import BenchSupport
import Foundation

/// What `bench-styles limits --json` prints.
struct StepLimits: Decodable {
  struct Step: Decodable {
    let name: String
    let value: Double
    /// Microseconds, times, or percent.
    let unit: String
    let limit: Double
  }

  let limits: [Step]

  /// As rows.
  var report: BenchReport {
    var report = BenchReport("bench-styles")
    report.measurements = limits.map { row in
      row.unit == "us"
        ? Row(row.name, seconds: row.value * 1e-6, limit: .atMost(row.limit * 1e-6, .seconds))
        : Row(
          row.name, rate: .init(row.value, row.unit == "times" ? "times the time" : "% of the time"),
          limit: .atMost(row.limit, .rate))
    }
    return report
  }
}
