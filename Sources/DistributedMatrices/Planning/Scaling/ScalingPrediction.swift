// What a number of workers would take, as a value.

/// The predicted cost of some work on some number of workers.
public struct ScalingPrediction: Hashable, Sendable {
  /// The workers that are there.
  public internal(set) var workers: Int
  /// Those that have something to do.
  public let busyWorkers: Int
  /// The cells of a product; nil for other work.
  public let grid: MultiplyGrid?
  /// Words that the worker that receives most receives.
  public let words: Double
  /// Words that some worker must receive of a product spread over all workers; nil for other work.
  public let lowerBoundWords: Double?
  /// Messages with data to that worker.
  public let messages: Int
  /// Bytes that the worker that holds most holds, of operands and results.
  public let peakBytes: Double
  /// Seconds.
  public let seconds: Double
  /// The time of one worker over that of all, times their number.
  public internal(set) var efficiency: Double

  init(
    workers: Int, busyWorkers: Int, grid: MultiplyGrid? = nil, words: Double, lowerBoundWords: Double? = nil,
    messages: Int, peakBytes: Double, seconds: Double, efficiency: Double = 1
  ) {
    (self.workers, self.busyWorkers, self.grid) = (workers, busyWorkers, grid)
    (self.words, self.lowerBoundWords) = (words, lowerBoundWords)
    (self.messages, self.peakBytes) = (messages, peakBytes)
    (self.seconds, self.efficiency) = (seconds, efficiency)
  }
}
