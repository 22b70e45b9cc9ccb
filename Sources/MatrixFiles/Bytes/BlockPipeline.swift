// Blocks of lines parsed on several threads, their results taken in the order of the file: what comes out
// does not depend on the number of threads. The calling thread reads and takes, the others parse; a few
// blocks are on the way at a time, so that memory is a few buffers whatever the file. A line as long as many blocks is
// alone on the way, and parsed to where it is to be. It works for any source, also one that is decompressed or comes
// through a pipe.

internal import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The result of parsing a block; used again for a later block.
///
/// Conforming classes are `@unchecked Sendable`: a result belongs to one thread at a time, to the one that
/// parses from the moment it is queued to the signal that it is done, otherwise to the one that reads.
protocol BlockResult: AnyObject, Sendable {
  /// Forgets what was parsed before and parses `block`, which needs nothing of the blocks before.
  func parse(_ block: LineBlock)
}

/// A block on its way.
///
/// `@unchecked Sendable`: as its result.
private final class Slot<Result: BlockResult>: @unchecked Sendable {
  let result: Result
  let isDone = DispatchSemaphore(value: 0)
  var buffer = LineBlocks.buffer(LineBlocks.blockSize)
  var block: LineBlock?

  init(_ result: Result) { self.result = result }

  deinit { LineBlocks.release(buffer) }
}

extension LineBlocks {
  /// Parses the blocks that are left, and calls `take` with each and its result, in the order of the file.
  ///
  /// - Parameters:
  ///   - threads: how many blocks are parsed at a time; with one, on the calling thread.
  ///   - make: makes an empty result.
  ///   - take: takes the result of a block, and a long line without one, which it is to parse; the block is still
  ///     there. What it throws ends the parsing.
  /// - Throws: what the source and `take` throw, of the first block that has a reason.
  func parse<Result: BlockResult>(
    threads: Int, make: () -> Result,
    take: (LineBlock, Result?) throws(FileFormatError) -> Void
  ) throws(FileFormatError) {
    guard threads > 1 else {
      let result = make()
      while let block = try next() {
        if !block.isLong { result.parse(block) }
        try take(block, block.isLong ? nil : result)
      }
      return
    }
    let queue = DispatchQueue(label: "tessera blocks", attributes: .concurrent)
    // Two more than are parsed: one being read, one being taken.
    let slots = (0..<threads + 2).map { _ in Slot(make()) }
    var (started, taken) = (0, 0)
    // A slot goes only when nobody parses in it.
    defer { while taken < started { slots[taken % slots.count].isDone.wait(); taken += 1 } }
    var failure: FileFormatError?
    var isAtEnd = false
    // Waits here for those before it.
    var long: LineBlock?
    while true {
      if !isAtEnd, long == nil, started - taken < slots.count {
        do throws(FileFormatError) {
          guard let block = try next() else {
            isAtEnd = true
            continue
          }
          if block.isLong {
            long = block
            continue
          }
          let slot = slots[started % slots.count]
          slot.buffer = exchangeBuffer(for: slot.buffer)
          slot.block = block
          started += 1
          queue.async {
            slot.result.parse(block)
            slot.isDone.signal()
          }
        } catch {
          // What is wrong with the blocks before comes first.
          (failure, isAtEnd) = (error, true)
        }
      } else if taken < started {
        let slot = slots[taken % slots.count]
        slot.isDone.wait()
        taken += 1
        guard let block = slot.block else { preconditionFailure("a slot without a block was started") }
        try take(block, slot.result)
      } else if let block = long {
        long = nil
        try take(block, nil)
      } else {
        break
      }
    }
    if let failure { throw failure }
  }
}

/// The number of processors that this process may use.
func processorCount() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
