// One row of a report: what was done, how long it took, and what it stands beside: the same work by other means
// in the same run, a bound, a limit.

import Foundation

/// The medians of one piece of work, and of the work that it is compared with.
public struct Row: Codable, Sendable {
  /// Work in units a second.
  public struct Rate: Codable, Sendable {
    public let value: Double
    /// Such as "GFLOP/s" or "GB/s".
    public let unit: String

    public init(_ value: Double, _ unit: String) { (self.value, self.unit) = (value, unit) }

    /// `work` units in `seconds`, in billions.
    public static func giga(_ work: Double, in seconds: Double, _ unit: String) -> Rate {
      Rate(work / seconds / 1e9, unit)
    }
  }

  /// The same work by other means.
  public struct Reference: Codable, Sendable {
    public let name: String
    public let seconds: Double?
    public let rate: Double?

    /// It takes so long.
    public init(_ name: String, seconds: Double) { (self.name, self.seconds, rate) = (name, seconds, nil) }
    /// It is so fast, in the unit of the row's rate.
    public init(_ name: String, rate: Double) { (self.name, seconds, self.rate) = (name, nil, rate) }
  }

  /// A bound that one of the row's numbers is to keep.
  public struct Limit: Codable, Sendable {
    /// The row's numbers.
    public enum Quantity: String, Codable, Sendable {
      /// Ours to the reference: of times, or of rates where the reference has a rate.
      case ratio
      case seconds, rate, error
      /// Words to the bound on words.
      case words
    }

    public let quantity: Quantity
    public let bound: Double
    /// Whether the quantity is to be at most the bound, or at least.
    public let isUpper: Bool

    public static func atMost(_ bound: Double, _ quantity: Quantity = .ratio) -> Limit {
      Limit(quantity: quantity, bound: bound, isUpper: true)
    }
    public static func atLeast(_ bound: Double, _ quantity: Quantity = .ratio) -> Limit {
      Limit(quantity: quantity, bound: bound, isUpper: false)
    }
  }

  /// What was done.
  public let name: String
  /// The median time.
  public let seconds: Double?
  public let rate: Rate?
  public let reference: Reference?
  /// How the work was cut.
  public let plan: String?
  /// Words to the worker that receives most, and what they cannot fall below.
  public let words: Int?
  public let boundWords: Double?
  /// Messages to that worker.
  public let messages: Int?
  /// The most bytes of tiles that a worker has held.
  public let peakBytes: Int?
  /// How far the result is off, relatively.
  public let error: Double?
  public let limit: Limit?
  /// Ours to the reference.
  public let ratio: Double?
  /// Whether the limit is kept; nil without one, and where there was nothing to compare with.
  public let holds: Bool?

  public init(
    _ name: String, seconds: Double? = nil, rate: Rate? = nil, reference: Reference? = nil,
    plan: String? = nil,
    words: Int? = nil, boundWords: Double? = nil, messages: Int? = nil, peakBytes: Int? = nil,
    error: Double? = nil, limit: Limit? = nil
  ) {
    // A reference that has failed is none.
    let reference = reference.flatMap { ($0.seconds ?? $0.rate)?.isNaN == true ? nil : $0 }
    (self.name, self.seconds, self.rate, self.reference, self.plan) = (name, seconds, rate, reference, plan)
    (self.words, self.boundWords, self.messages) = (words, boundWords, messages)
    (self.peakBytes, self.error, self.limit) = (peakBytes, error, limit)
    let ratio: Double? =
      if let mine = seconds, let theirs = reference?.seconds {
        mine / theirs
      } else if let mine = rate?.value, let theirs = reference?.rate {
        mine / theirs
      } else { nil }
    self.ratio = ratio
    let value: Double? =
      switch limit?.quantity {
      case .ratio: ratio
      case .seconds: seconds
      case .rate: rate?.value
      case .error: error
      case .words: words.flatMap { words in boundWords.map { $0 > 0 ? Double(words) / $0 : 1 } }
      case nil: nil
      }
    holds =
      if let limit, let value { limit.isUpper ? value <= limit.bound : value >= limit.bound } else { nil }
  }
}
