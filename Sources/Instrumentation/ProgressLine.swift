// What a progress bar says at one moment, as text:
//
//   reading A.mtx  ━━━━━━━━━━━━────────────────  42 %  504 MB of 1.20 GB  120 MB/s  0:06 left
//   reading A.mtx  ⠹  504 MB  120 MB/s  0:04
//
// The rate is the mean since the start; the time left is what remains at that rate.

/// A moment of a progress bar.
struct ProgressLine {
  var label: String
  var done: Int
  var total: Int?
  var unit: ProgressBar.Unit
  /// Nanoseconds since the start.
  var elapsed: Int
  /// How often the line was drawn before; turns the spinner.
  var frame: Int

  /// The line in at most `columns` characters: the bar gives way first, then the end is cut.
  func text(columns: Int) -> String {
    var parts = [label]
    if let total {
      let fraction = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
      // Only the end is 100 %.
      let percent = "\(Int(100 * fraction))"
      let figures = [
        String(repeating: " ", count: 3 - percent.count) + percent + " %",
        amount(done, of: total), rate, left(total),
      ]
      let width = min(30, columns - (parts + figures).reduce(2) { $0 + ($1.isEmpty ? 0 : $1.count + 2) })
      if width >= 6 { parts.append(bar(fraction, width)) }
      parts += figures
    } else {
      let spinner = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
      parts += [
        String(spinner[frame % spinner.count]), amount(done, of: nil), rate,
        Text.clock(nanoseconds: elapsed),
      ]
    }
    return String(parts.filter { !$0.isEmpty }.joined(separator: "  ").prefix(max(0, columns)))
  }

  private func bar(_ fraction: Double, _ width: Int) -> String {
    let filled = Int(fraction * Double(width))
    return String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
  }

  private func amount(_ done: Int, of total: Int?) -> String {
    if unit == .bytes { return Text.bytes(done) + (total.map { " of " + Text.bytes($0) } ?? "") }
    return Text.grouped(done) + (total.map { " of " + Text.grouped($0) } ?? "") + " \(unit.rawValue)"
  }

  private var rate: String {
    guard done > 0, elapsed > 0 else { return "" }
    let perSecond = Double(done) / (Double(elapsed) / 1e9)
    guard perSecond < 1e18 else { return "" }
    if unit == .bytes { return Text.bytes(Int(perSecond)) + "/s" }
    return (perSecond < 1000 ? Text.significant(perSecond) : Text.compact(Int(perSecond))) + "/s"
  }

  private func left(_ total: Int) -> String {
    guard done > 0, elapsed > 0 else { return "" }
    let remaining = Double(max(0, total - done)) / Double(done) * Double(elapsed)
    return remaining < 1e18 ? Text.clock(nanoseconds: Int(remaining)) + " left" : ""
  }
}
