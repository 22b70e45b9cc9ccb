// Poisson numbers by inversion of their distribution, summed up once: then one look into a guide of 256 entries and a
// few comparisons a number (Chen and Asau, On generating random variates from an empirical distribution, AIIE
// Transactions 6, 1974).

import Numerics

/// The quantiles of a Poisson distribution: exact for means up to 500, by a logistic approximation of the normal
/// one above, within 0.02 standard deviations in the middle.
struct PoissonQuantiles {
  private let mean: Double
  /// The probability of at most k.
  private var cumulative: [Double] = []
  /// For u in [g / 256, (g + 1) / 256): a number that is not above the quantile.
  private var guide: [Int] = []

  /// - Precondition: `mean >= 0`.
  init(mean: Double) {
    self.mean = mean
    guard mean <= 500 else { return }
    var term = Double.exp(-mean)
    var sum = term
    cumulative.append(sum)
    while Double(cumulative.count) < mean + 40 * mean.squareRoot() + 40 {
      term *= mean / Double(cumulative.count)
      sum += term
      cumulative.append(sum)
    }
    var k = 0
    for g in 0..<256 {
      while k + 1 < cumulative.count, Double(g) / 256 > cumulative[k] { k += 1 }
      guide.append(k)
    }
  }

  /// The least k with a probability of at least `u` of at most k, for u in [0, 1).
  func number(at u: Double) -> Int {
    guard !guide.isEmpty else {
      let quantile = Double.log(max(u, 1e-12) / max(1 - u, 1e-12)) / 1.702
      return max(0, Int((mean + mean.squareRoot() * quantile).rounded()))
    }
    var k = guide[Int(u * 256)]
    while k + 1 < cumulative.count, u > cumulative[k] { k += 1 }
    return k
  }
}
