// Kernels have one thread each; what several of them do to each other, by sharing the memory, is measured by running
// one on every processor.

import Foundation

/// The numbers of threads to measure with: one, and as many as there are processors.
public let threadCounts: [Int] = {
  let processors = ProcessInfo.processInfo.activeProcessorCount
  return processors > 1 ? [1, processors] : [1]
}()

/// Such as "1 thread", "2 threads".
public func threads(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }

/// Runs `body` on `count` threads at once; returns when all are done.
public func onThreads(_ count: Int, _ body: @Sendable (Int) -> Void) {
  DispatchQueue.concurrentPerform(iterations: count) { body($0) }
}

/// What one of several threads works on.
///
/// `@unchecked Sendable`: each is one thread's while the threads run, and the caller's when they are done.
public final class Share<Input, Output>: @unchecked Sendable {
  public let input: Input
  public var output: Output

  public init(_ input: Input, _ output: Output) { (self.input, self.output) = (input, output) }
}
