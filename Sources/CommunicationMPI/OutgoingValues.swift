// The bytes of values whose senders have gone on: copies of short values, kept until MPI is done with them.
// Two ranks that send each other short values before they receive do not wait for each other; the bytes under
// way are bounded, so that a rank that sends faster than others receive waits for them.

#if MPI
  import CMPI
  import TesseraCommunication

  /// An encoded value on its way.
  ///
  /// `@unchecked Sendable`: owned by one holder, who frees the bytes when MPI is done with them.
  final class OutgoingValue: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    private var handles: [MPI_Request?]

    /// Bytes that `requests` send.
    init(bytes: UnsafeMutableRawBufferPointer, requests: [MPIRequest]) {
      self.bytes = bytes
      handles = requests.map(\.handle)
    }

    /// Whether MPI is done with the bytes; if so, they are freed.
    func isDone() throws(CommunicationError) -> Bool {
      var done: Int32 = 0
      try MPIFailure.check(MPI_Testall(Int32(truncatingIfNeeded: handles.count), &handles, &done, nil))
      if done != 0 { bytes.deallocate() }
      return done != 0
    }
  }

  /// Values on their way, in the order of sending.
  struct OutgoingValues: Sendable {
    /// A value's length and its complement, which only a value begins with.
    static let prefixBytes = 16
    /// The longest head of a value: short enough for MPI to take it before the receiver asks.
    static let headBytes = 2048
    /// The longest value that is copied.
    static let copiedBytes = 64 << 10
    /// The longest value that is believed.
    static let longestValue = 1 << 40
    /// How many bytes may be under way.
    static let boundBytes = 16 << 20

    /// Writes the prefix of a value of so many bytes.
    static func write(prefixOf length: Int, to bytes: UnsafeMutableRawBufferPointer) {
      bytes.storeBytes(of: Int64(length), as: Int64.self)
      bytes.storeBytes(of: ~Int64(length), toByteOffset: 8, as: Int64.self)
    }

    private var values = Queue<OutgoingValue>()
    /// Bytes under way.
    private(set) var bytes = 0

    /// Adds a value.
    mutating func append(_ value: OutgoingValue) {
      values.append(value)
      bytes += value.bytes.count
    }

    /// Frees the values that are done, the oldest first.
    ///
    /// - Throws: `closed` when MPI fails.
    mutating func release() throws(CommunicationError) {
      while let value = values.first, try value.isDone() {
        bytes -= value.bytes.count
        _ = values.popFirst()
      }
    }
  }
#endif
