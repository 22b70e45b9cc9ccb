// A rank's end for several threads at once. MPI waits by spinning, and a rank whose threads all wait inside it
// would leave no processor to those that work; so nobody waits there. Every message is posted; of the threads
// that wait, one polls for all, ever more rarely the longer nothing comes, and one thread at a time is inside
// MPI (MPI_THREAD_SERIALIZED, with which it is started anyway).
//
// A receive is posted with its head; the pieces behind the head are found by a matched probe and taken by
// whoever polls, for whichever thread they are. Messages to one receiver with one tag follow each other: the
// next begins when the one before it has gone. So nothing is sent by a call that returns before it has gone but
// what is short enough for MPI, and what is copied is bounded (MPIOutgoing.swift).
//
// Collectives are the default ones, built on these messages. Cost against the end for one thread: a lock, and
// of a message that comes after a wait of t, up to t / 8 or the longest sleep, whichever is shorter.

#if MPI
  import CMPI
  import Glibc
  import TesseraCommunication

  /// One rank's end, shared by threads.
  ///
  /// `@unchecked Sendable`: every access to the stored properties that change, and every call of MPI, holds the
  /// monitor's lock.
  final class SharedMPICommunicator: Communicator, @unchecked Sendable {
    let rank: Int
    let size: Int
    private let base: MPICommunicator
    private let headBytes: Int
    /// Short pieces, so that no thread keeps the others out for long.
    private let pieceBytes: Int

    private let monitor = AdaptiveMonitor()
    /// Receives that have not been waited for, in the order of posting.
    private var incoming: [MPIIncoming] = []
    /// Messages that have not gone. None of the queues is empty.
    private var outgoing: [Route: ArraySlice<MPIOutgoing>] = [:]
    /// Whether one of the threads that wait polls for all.
    private var isPolled = false
    private var lastEvent = ContinuousClock.now

    /// Where messages follow each other.
    private struct Route: Hashable {
      let destination: Int
      let tag: Int32
    }

    /// Polls without rest as long as a wake-up takes, then rests an eighth of the time that nothing has come
    /// for.
    private static let restlessTime = Duration.microseconds(50)
    private static let longestRest = Duration.microseconds(500)

    /// The end that `base` is used through from now on, until MPI is ended.
    init(_ base: MPICommunicator) {
      self.base = base
      rank = base.rank
      size = base.size
      headBytes = base.headBytes
      pieceBytes = min(base.pieceBytes, 1 << 20)
    }

    /// Ends the whole job: of several threads, the first gives its reason.
    func close(reason: String) {
      // Never unlocked: MPI_Abort ends the process.
      monitor.lock()
      base.close(reason: reason)
    }

    /// Returns when all that was sent has gone.
    func finish() throws(CommunicationError) {
      try locked { () throws(CommunicationError) in wait { outgoing.isEmpty } }
    }

    // MARK: values

    /// Waits until all of the value has gone.
    func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag) throws(CommunicationError) {
      try postSend(value, to: destination, tag: tag).wait()
    }

    /// Keeps the value until it has gone, also when nobody waits for that.
    func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError) -> Posted<Void>
    {
      var writer = WireWriter()
      value.encode(to: &writer)
      return try start(.value(writer), to: destination, tag)
    }

    func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Received<Value>
    {
      try postReceive(type, from: source, tag: tag).wait()
    }

    func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Posted<Received<Value>>
    {
      let message = try post(.value([]), from: source, tag)
      return Posted { () throws(CommunicationError) in
        try self.wait(for: message)
        return try message.decoded()
      }
    }

    // MARK: numbers

    /// Sends from where the numbers lie, and waits until they have gone.
    func send<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) {
      try postSend(numbers: numbers, to: destination, tag: tag).wait()
    }

    func postSend<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) -> Posted<Void> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      return try start(.numbers(UnsafeRawBufferPointer(numbers)), to: destination, tag)
    }

    func receive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Int {
      try postReceive(into: buffer, from: source, tag: tag).wait()
    }

    /// Receives into place.
    func postReceive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Posted<Int> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      let message = try post(.numbers(bytes, stride: MemoryLayout<Element>.stride), from: source, tag)
      return Posted { () throws(CommunicationError) in
        try self.wait(for: message)
        return Int(message.source)
      }
    }

    // MARK: both

    private func start(_ content: MPIOutgoing.Content, to destination: Int, _ tag: Tag)
      throws(CommunicationError) -> Posted<Void>
    {
      try base.checkRank(destination)
      let route = Route(destination: destination, tag: try base.headTag(tag))
      let message = MPIOutgoing(
        content, to: destination, route.tag, base.world, headBytes: headBytes, pieceBytes: pieceBytes)
      try locked { () throws(CommunicationError) in
        outgoing[route, default: []].append(message)
        advance(route)
        noteEvent()
      }
      return Posted { () throws(CommunicationError) in
        try self.locked { () throws(CommunicationError) in
          self.wait { message.outcome != nil }
          try message.outcome?.get()
        }
      }
    }

    private func post(_ target: MPIIncoming.Target, from source: Source, _ tag: Tag)
      throws(CommunicationError) -> MPIIncoming
    {
      let message = MPIIncoming(
        target, from: try base.number(of: source), try base.headTag(tag), base.world, pieceBytes: pieceBytes)
      try locked { () throws(CommunicationError) in
        try message.postHead(headBytes: headBytes)
        incoming.append(message)
      }
      return message
    }

    private func wait(for message: MPIIncoming) throws(CommunicationError) {
      try locked { () throws(CommunicationError) in
        wait { message.outcome != nil }
        incoming.removeAll { $0 === message }
        try message.outcome?.get()
      }
    }

    // MARK: progress, with the lock held

    private func locked<Result>(_ body: () throws(CommunicationError) -> Result) throws(CommunicationError)
      -> Result
    {
      monitor.lock()
      defer { monitor.unlock() }
      return try body()
    }

    /// Returns when `isDone`, by this thread's polls or another's.
    private func wait(until isDone: () -> Bool) {
      while !isDone() {
        if isPolled {
          // The one who polls looks for all.
          monitor.sleep()
          continue
        }
        isPolled = true
        if advance() { noteEvent() }
        if !isDone() { rest() }
        isPolled = false
      }
      // Whoever polled leaves that to another.
      monitor.notify()
    }

    /// Takes and sends what can be. Tells whether anything has moved.
    private func advance() -> Bool {
      var hasMoved = incoming.advance(headBytes: headBytes)
      for route in Array(outgoing.keys) where advance(route) { hasMoved = true }
      return hasMoved
    }

    @discardableResult
    private func advance(_ route: Route) -> Bool {
      var hasMoved = false
      while let message = outgoing[route]?.first {
        if message.advance() { hasMoved = true }
        if message.outcome == nil { return hasMoved }
        outgoing[route]?.removeFirst()
      }
      outgoing[route] = nil
      return hasMoved
    }

    /// Wakes who waits and who rests: a message may be for another thread, of this rank even.
    private func noteEvent() {
      lastEvent = .now
      monitor.notify()
    }

    /// Lets other threads in, for a time that grows with the time that nothing has come for.
    private func rest() {
      let waited = ContinuousClock.now - lastEvent
      if waited < Self.restlessTime {
        monitor.unlock()
        sched_yield()
        monitor.lock()
      } else {
        monitor.sleep(atMost: Int(min(waited / 8, Self.longestRest) / .nanoseconds(1)))
      }
    }
  }
#endif
