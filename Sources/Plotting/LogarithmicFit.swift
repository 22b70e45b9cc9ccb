// The axis for numbers that may span decades: logarithmic where that helps, with a floor for zeros.

internal import TesseraInstrumentation

/// A scale that covers given numbers, and what has to be said about those it cannot show.
struct LogarithmicFit {
  /// The scale.
  var scale: Scale
  /// Says that some numbers stand at the floor of the scale; nil when none do.
  var note: String?

  /// The scale for finite `values`: logarithmic when the positive ones span more than a factor `ratio` and
  /// none is negative, else linear from zero or the least.
  init(_ values: [Double], unlessWithin ratio: Double) {
    let positive = values.filter { $0 > 0 }
    let (least, largest) = (positive.min() ?? 0, positive.max() ?? 0)
    let lowest = values.min() ?? 0
    guard least > 0, lowest >= 0, largest > ratio * least || ratio <= 1 else {
      scale = .linear(min(0, lowest), max(largest, lowest))
      return
    }
    let zeros = values.count { $0 == 0 }
    // One decade of room below the least, so that the floor is not mistaken for its value.
    scale = .logarithmic(zeros > 0 ? max(least / 10, .leastNonzeroMagnitude) : least, largest)
    if zeros > 0 {
      note = "\(Text.grouped(zeros)) zero\(zeros == 1 ? "" : "s") drawn at the floor of the axis"
    }
  }
}

extension Scale {
  /// Shares from 0 to 1, labelled 0 % to 100 %.
  static let percent: Scale = {
    var scale = Scale.linear(0, 1, ticks: 5)
    scale.relabel { "\(Int(($0 * 100).rounded())) %" }
    return scale
  }()
}
