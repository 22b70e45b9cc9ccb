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

/// What the driver says to a worker that it has let in.
enum Instruction: WireCodable {
  /// To meet the others and report. It comes again when somebody has not met them and another has come.
  case meet(Roster)
  /// All have met.
  case begin
  /// The worker is not to take part, for this reason.
  case leave(String)

  func encode(to writer: inout WireWriter) {
    switch self {
    case .meet(let roster):
      writer.write(0)
      roster.encode(to: &writer)
    case .begin: writer.write(1)
    case .leave(let reason):
      writer.write(2)
      writer.write(String(reason.prefix(1000)))
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    switch try reader.readInt(in: 0...2, "an instruction") {
    case 0: self = .meet(try Roster(from: &reader))
    case 1: self = .begin
    default: self = .leave(try reader.readString())
    }
  }
}

/// What a worker says about its meeting the others.
enum MeetingReport: WireCodable {
  case hasMetAll
  case hasNot(because: String)

  func encode(to writer: inout WireWriter) {
    switch self {
    case .hasMetAll: writer.write(0)
    case .hasNot(let reason):
      writer.write(1)
      writer.write(String(reason.prefix(1000)))
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a report") == 0 ? .hasMetAll : .hasNot(because: try reader.readString())
  }
}

extension CommunicationError {
  /// What another is refused for because of this error: of a refusal its reason alone, which becomes that of the next.
  var reasonToRefuse: String { if case .refused(let reason) = self { reason } else { description } }
}
