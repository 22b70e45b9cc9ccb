// What the driver tells a worker when everybody has come: who it is and where the others are.

import TesseraCommunication

/// The members of a job.
struct Roster: WireCodable, Equatable {
  /// The most members.
  static let mostMembers = 1024
  /// A numeric IPv6 address with a zone and a port has less.
  static let longestPlace = 120

  /// The job's own name, known to its members alone.
  var job: [UInt8]
  /// The receiver's rank.
  var rank: Int
  /// Where the workers 1, 2 and so on can be called, as seen by the receiver.
  var places: [String]

  /// The number of members, the driver included.
  var size: Int { places.count + 1 }

  init(job: ClusterName, rank: Int, places: [String]) {
    self.job = job.bytes
    self.rank = rank
    self.places = places
  }

  func encode(to writer: inout WireWriter) {
    writer.write(array: job)
    writer.write(rank)
    places.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    job = try reader.readArray(of: UInt8.self)
    rank = try reader.readInt()
    places = try [String](from: &reader)
    guard job.count == ClusterName.byteCount, places.count < Self.mostMembers, 1..<size ~= rank,
      places.allSatisfy({ $0.utf8.count <= Self.longestPlace })
    else { throw .malformed(expected: "a roster") }
  }
}

/// A word that goes on with the rendezvous, or the reason why it cannot.
enum Word<Value: WireCodable>: WireCodable {
  case goOn(Value)
  case failed(String)

  /// That it cannot because of `error`.
  static func failed(because error: CommunicationError) -> Word { .failed(error.reasonToRefuse) }

  func encode(to writer: inout WireWriter) {
    switch self {
    case .goOn(let value):
      writer.write(0)
      value.encode(to: &writer)
    case .failed(let reason):
      writer.write(1)
      writer.write(String(reason.prefix(1000)))
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a flag") == 0
      ? .goOn(try Value(from: &reader)) : .failed(try reader.readString())
  }

  /// - Throws: `refused` with the reason.
  func value() throws(CommunicationError) -> Value {
    switch self {
    case .goOn(let value): return value
    case .failed(let reason): throw .refused(reason: reason)
    }
  }
}

extension CommunicationError {
  /// What another is refused for because of this error: of a refusal its reason alone, which becomes that of the next.
  var reasonToRefuse: String { if case .refused(let reason) = self { reason } else { description } }
}
