// What a decomposition is predicted to cost before it begins, in passes, words and bytes: one form for all of
// them, so that it can be printed, and compared with what the ledger counts.

/// What one way of computing a decomposition is predicted to cost.
public struct RoutePrediction: Sendable, Equatable {
  /// How often the matrix is read, inspection and certificate included; of an iteration about how often.
  public let passes: Int
  /// Words that all workers together will receive in so many passes; nil where only the operator knows.
  public let words: Int?
  /// Of those the words of one pass of an iteration; 0 of a direct method.
  public let wordsPerStep: Int
  /// Bytes of the driver, beside the matrix.
  public let driverBytes: Int
  /// Bytes of a worker, beside its slabs.
  public let workerBytes: Int

  init(passes: Int, words: Int?, wordsPerStep: Int = 0, memory: RouteMemory) {
    (self.passes, self.words, self.wordsPerStep) = (passes, words, wordsPerStep)
    (driverBytes, workerBytes) = (memory.driverBytes, memory.workerBytes)
  }

  /// The words of so many passes, known when an iteration has ended: those that the ledger counts.
  public func words(passes: Int) -> Int? { words.map { $0 + (passes - self.passes) * wordsPerStep } }
}
