// The roles that are about MPI alone.

#if MPI
  import Foundation
  import TesseraCommunication
  import TesseraCommunicationMPI

  /// Numbers that are too many or too few for their receiver, on all sides of a piece's length: each is an
  /// error that says so, at the receiver, and what is sent next arrives whole.
  func wrongLengths(_ world: MPICommunicator, pieceBytes: Int) throws -> [String] {
    let piece = pieceBytes
    let lengths = [0, 1, piece - 1, piece, piece + 1, 2 * piece - 1, 2 * piece, 2 * piece + 1, 5 * piece]
    var failures: [String] = []
    for sent in lengths {
      for room in lengths {
        for isPosted in [false, true] {
          let what = "\(sent) numbers for \(room)"
          if world.rank == 0 {
            let numbers = [UInt8](repeating: 7, count: sent)
            try numbers.withUnsafeBufferPointer { try world.send(numbers: $0, to: 1, tag: Tag(30)) }
            try world.send(what, to: 1, tag: Tag(30))
          } else if world.rank == 1 {
            // Nothing is written beyond the room.
            var memory = [UInt8](repeating: 0, count: room + 8)
            var thrown: CommunicationError?
            memory.withUnsafeMutableBufferPointer { memory in
              let buffer = UnsafeMutableBufferPointer(rebasing: memory[..<room])
              do throws(CommunicationError) {
                let source: Source = room % 2 == 0 ? .any : .rank(0)
                _ =
                  try isPosted
                  ? world.postReceive(into: buffer, from: source, tag: Tag(30)).wait()
                  : world.receive(into: buffer, from: source, tag: Tag(30))
              } catch {
                thrown = error
              }
            }
            let expected: CommunicationError? =
              sent == room ? nil : .wrongLength(expected: room, found: sent)
            if thrown != expected { failures.append("\(what): \(String(describing: thrown))") }
            if memory[room...].contains(where: { $0 != 0 }) { failures.append("\(what): written beyond") }
            let next = try world.receive(String.self, from: 0, tag: Tag(30))
            if next != what { failures.append("after \(what): \(next)") }
          }
        }
      }
    }
    // Numbers where a value is expected.
    if world.rank == 0 {
      try [1.0, 2.0, 3.0].withUnsafeBufferPointer { try world.send(numbers: $0, to: 1, tag: Tag(31)) }
    } else if world.rank == 1 {
      do throws(CommunicationError) {
        _ = try world.receive(Int.self, from: 0, tag: Tag(31))
        failures.append("numbers are taken for a value")
      } catch {
        if case .unexpectedMessage = error {} else { failures.append("numbers for a value: \(error)") }
      }
    }
    return failures
  }

  /// Numbers that pretend to be the beginning of a value: a length that cannot be is refused, one that can be
  /// takes no memory before its bytes come.
  func falseClaims(_ world: MPICommunicator) throws -> [String] {
    var failures: [String] = []
    func send(_ words: [Int]) throws {
      try words.withUnsafeBufferPointer { try world.send(numbers: $0, to: 1, tag: Tag(37)) }
    }
    let before = peakMemory()
    for length in [-1, Int.min, 1 << 40 + 1, 1 << 62, Int.max, Int.max - 15] {
      if world.rank == 0 {
        try send([length, ~length])
      } else if world.rank == 1 {
        do throws(CommunicationError) {
          _ = try world.receive(String.self, from: 0, tag: Tag(37))
          failures.append("a value of length \(length)")
        } catch {
          switch error {
          case .unexpectedMessage where length < 0, .tooLong where length > 0: break
          default: failures.append("a value of length \(length): \(error)")
          }
        }
      }
    }
    // A terabyte, of which a head and 80 bytes more come.
    if world.rank == 0 {
      let length = 1 << 40
      try send([length, ~length] + [Int](repeating: 0, count: 264))
      try world.send("after it", to: 1, tag: Tag(38))
    } else if world.rank == 1 {
      _ = try world.postReceive(String.self, from: .rank(0), tag: Tag(37))
      let next = try world.receive(String.self, from: 0, tag: Tag(38))
      if next != "after it" { failures.append("after a false claim: \(next)") }
    }
    if peakMemory() - before > 64 << 20 { failures.append("memory grew by \(peakMemory() - before) bytes") }
    return failures
  }

  /// Rank 1 sleeps while rank 0 sends it an eighth of a gigabyte in long values and then as much in short
  /// ones: neither keeps much of it. Then all send short values to all before anybody receives.
  func flood(_ world: MPICommunicator) throws -> [String] {
    var failures: [String] = []
    for (count, length) in [(32, 4 << 20), (128 << 10, 1 << 10)] {
      let value = Bytes([UInt8](repeating: 1, count: length))
      try world.barrier()
      let before = peakMemory()
      if world.rank == 0 {
        for _ in 0..<count { try world.send(value, to: 1, tag: Tag(33)) }
      } else if world.rank == 1 {
        Thread.sleep(forTimeInterval: 0.5)
        for _ in 0..<count {
          let received = try world.receive(Bytes.self, from: 0, tag: Tag(33))
          if received.bytes != value.bytes { failures.append("a value of \(length) bytes") }
        }
      }
      try world.barrier()
      let growth = peakMemory() - before
      if growth > 64 << 20 {
        failures.append("rank \(world.rank) grew by \(growth) bytes for values of \(length)")
      }
    }
    let value = Bytes([UInt8](repeating: UInt8(world.rank), count: 30_000))
    for _ in 0..<100 {
      for other in 0..<world.size where other != world.rank { try world.send(value, to: other, tag: Tag(33)) }
    }
    for _ in 0..<100 {
      for other in 0..<world.size where other != world.rank {
        let received = try world.receive(Bytes.self, from: other, tag: Tag(33))
        if received.bytes.count != 30_000 || received.bytes[29_999] != UInt8(other) {
          failures.append("a short value of rank \(other)")
        }
      }
    }
    return failures
  }

  /// Bytes as a value.
  private struct Bytes: WireCodable {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    func encode(to writer: inout WireWriter) { writer.write(array: bytes) }
    init(from reader: inout WireReader) throws(CommunicationError) {
      bytes = try reader.readArray(of: UInt8.self)
    }
  }

  /// The most memory that this process has ever had resident, in bytes.
  private func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// Everybody waits for its long sends before it waits for what it has posted to receive.
  func sendsFirst(_ world: MPICommunicator) throws -> [String] {
    let (next, previous) = ((world.rank + 1) % world.size, (world.rank + world.size - 1) % world.size)
    let numbers = [Double](repeating: Double(world.rank), count: 1 << 17)
    var received = [Double](repeating: -1, count: numbers.count)
    let value = Bytes([UInt8](repeating: UInt8(world.rank), count: 1 << 20))
    var failures: [String] = []
    try numbers.withUnsafeBufferPointer { numbers in
      try received.withUnsafeMutableBufferPointer { received in
        let posted = try world.postReceive(into: received, from: .rank(previous), tag: Tag(34))
        let postedValue = try world.postReceive(Bytes.self, from: .any, tag: Tag(35))
        let sent = try world.postSend(numbers: numbers, to: next, tag: Tag(34))
        let sentValue = try world.postSend(value, to: next, tag: Tag(35))
        try world.send("passed", to: next, tag: Tag(36))
        if try world.receive(String.self, from: previous, tag: Tag(36)) != "passed" {
          failures.append("a message that overtakes posted ones")
        }
        try sentValue.wait()
        try sent.wait()
        if try postedValue.wait().value.bytes.last != UInt8(previous) { failures.append("the posted value") }
        if try posted.wait() != previous { failures.append("the sender") }
      }
    }
    if received.contains(where: { $0 != Double(previous) }) { failures.append("the posted numbers") }
    return failures
  }

  /// Rank 1 has had enough; the others wait for it.
  func failOnOneRank(_ world: MPICommunicator) throws -> [String] {
    if world.rank == 1 { world.close(reason: "had enough") }
    _ = try world.receive(Int.self, from: (world.rank + 1) % world.size, tag: Tag(32))
    return ["a message that nobody sent"]
  }

  /// Says its process and takes part in one collective after the other, for ever.
  func reduceForever(_ world: MPICommunicator) throws -> [String] {
    try world.barrier()
    FileHandle.standardError.write(Data("process \(getpid())\n".utf8))
    var numbers = [Double](repeating: 1, count: 1 << 20)
    while true {
      try world.allReduce(numbers: &numbers, .sum)
      try world.broadcast(numbers: &numbers, from: 1)
      try world.barrier()
    }
  }

  /// Says its process and waits for ever.
  func waitForever(_ world: MPICommunicator) throws -> [String] {
    try world.barrier()
    FileHandle.standardError.write(Data("process \(getpid())\n".utf8))
    try world.barrier()
    _ = try world.receive(Int.self, from: .any, tag: Tag(32))
    return ["a message that nobody sent"]
  }
#endif
