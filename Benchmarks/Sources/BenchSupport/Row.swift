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

    /// Whether it has not done the work.
    public var hasFailed: Bool { (seconds ?? rate)?.isNaN ?? false }

    /// It takes so long; NaN where it has failed.
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
      /// Bytes.
      case memory
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

  /// What came of a limit.
  public enum Verdict: String, Codable, Sendable {
    case holds
    case missed = "MISSED"
    /// There was nothing to compare with, or nothing was measured.
    case notCompared = "not compared"
  }

  /// What was done.
  public let name: String
  /// The median time.
  public let seconds: Double?
  public let rate: Rate?
  public let reference: Reference?
  /// How the work was cut.
  public let plan: String?
  /// Words to the worker that receives most.
  public let words: Int?
  /// What they cannot fall below where operands and result are spread evenly over the workers.
  public let boundWords: Double?
  /// What a model has predicted for them.
  public let predictedWords: Double?
  /// Messages to that worker.
  public let messages: Int?
  /// The most bytes that a worker has held.
  public let peakBytes: Int?
  /// How far the result is off, in the unit that the benchmark's notes name; NaN and infinity are errors too.
  public let error: Double?
  public let limits: [Limit]
  /// What came of each limit.
  public let verdicts: [Verdict]
  /// Ours to the reference.
  public let ratio: Double?

  public init(
    _ name: String, seconds: Double? = nil, rate: Rate? = nil, reference: Reference? = nil,
    plan: String? = nil, words: Int? = nil, boundWords: Double? = nil, predictedWords: Double? = nil,
    messages: Int? = nil, peakBytes: Int? = nil, error: Double? = nil, limits: Limit?...
  ) {
    (self.name, self.seconds, self.rate, self.reference, self.plan) = (name, seconds, rate, reference, plan)
    (self.words, self.boundWords, self.predictedWords) = (words, boundWords, predictedWords)
    (self.messages, self.peakBytes, self.error) = (messages, peakBytes, error)
    let ratio: Double? =
      if let mine = seconds, let theirs = reference?.seconds {
        mine / theirs
      } else if let mine = rate?.value, let theirs = reference?.rate {
        mine / theirs
      } else { nil }
    self.ratio = ratio
    let given = limits.compactMap { $0 }
    func verdict(_ limit: Limit) -> Verdict {
      let value: Double? =
        switch limit.quantity {
        case .ratio: ratio
        case .seconds: seconds
        case .rate: rate?.value
        case .error: error
        case .memory: peakBytes.map(Double.init)
        }
      // Where an error is no number the result is none. Where a time is none nothing was measured.
      guard let value, !value.isNaN || limit.quantity == .error else { return .notCompared }
      return (limit.isUpper ? value <= limit.bound : value >= limit.bound) ? .holds : .missed
    }
    let found = given.map(verdict)
    // What is wrong is not fast either.
    let isWrong = zip(given, found).contains { $0.quantity == .error && $1 == .missed }
    self.limits = given
    verdicts = zip(given, found).map { isWrong && $0.quantity != .error ? .notCompared : $1 }
  }
}
