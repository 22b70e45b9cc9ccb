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
      // A cost of 0 is a difference of times below what they vary by: it has not been measured.
      let value = row.value > 0 ? row.value : .nan
      return row.unit == "us"
        ? Row(row.name, seconds: value * 1e-6, limits: .atMost(row.limit * 1e-6, .seconds))
        : Row(
          row.name, rate: .init(value, row.unit == "times" ? "times the time" : "% of the time"),
          limits: .atMost(row.limit, .rate))
    }
    return report
  }
}
