// How far a result is off. What is no number stays none: `max` may pass over NaN, and so would call a result right of
// which nothing is.

/// The largest of numbers that are not negative; NaN where one is, 0 where there are none.
public func largest(_ values: some Sequence<Double>) -> Double {
  values.reduce(0) { $1.isNaN || $1 > $0 ? $1 : $0 }
}

/// The largest difference of what was found to what was expected, to the largest magnitude that was expected. NaN where
/// either holds one, infinite where they are not equally many, or none.
public func relativeError(_ found: [Double], of expected: [Double]) -> Double {
  guard found.count == expected.count, !expected.isEmpty else { return .infinity }
  return largest(zip(found, expected).lazy.map { abs($0 - $1) })
    / max(largest(expected.lazy.map { abs($0) }), .leastNormalMagnitude)
}
