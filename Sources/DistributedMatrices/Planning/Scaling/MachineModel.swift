// A cluster in four numbers: the latency and bandwidth model of the field, T = L + w / B for a message of w
// words, beside the rates at which a worker computes and reads. Source: Hockney, The communication challenge
// for MPP, 1994.

/// What a worker and the network between workers do, all alike.
public struct MachineModel: Hashable, Sendable {
  /// Floating-point operations a second of one worker in products of dense tiles.
  public var flopRate: Double
  /// Bytes a second that one worker reads from its memory.
  public var memoryBandwidth: Double
  /// Seconds that a short message takes.
  public var latency: Double
  /// Bytes a second of a long message to one worker.
  public var bandwidth: Double

  /// A machine of the given rates.
  ///
  /// - Precondition: rates are positive, the latency is not negative.
  public init(flopRate: Double, memoryBandwidth: Double, latency: Double, bandwidth: Double) {
    precondition(flopRate > 0 && memoryBandwidth > 0 && latency >= 0 && bandwidth > 0)
    (self.flopRate, self.memoryBandwidth) = (flopRate, memoryBandwidth)
    (self.latency, self.bandwidth) = (latency, bandwidth)
  }

  /// Seconds until `messages` messages with `words` elements of 8 bytes in all have come, one after the other.
  func transfer(messages: Double, words: Double) -> Double {
    messages * latency + words * 8 / bandwidth
  }

  /// Seconds of one engine step beside its work and its data: an announcement down the binomial tree of the
  /// workers, and the word of success up.
  func step(workers: Int) -> Double { transfer(messages: Double(2 * treeDepth(workers)), words: 0) }
}

/// ceil(log2 P): the rounds of a binomial tree.
func treeDepth(_ workers: Int) -> Int { workers <= 1 ? 0 : Int.bitWidth - (workers - 1).leadingZeroBitCount }
