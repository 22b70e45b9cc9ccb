// What is written is read back; what is not a message is refused, never trapped on.

import Synchronization
import TesseraCommunication
import TesseraTestSupport
import Testing

/// A value of every field the format has.
private struct Everything: WireCodable, Equatable {
  var number = 0
  var text = ""
  var doubles: [Double] = []
  var bytes: [UInt8] = []
  var nested: [[String]] = []
  var optional: Int?
  var empty = Empty()

  init() {}

  func encode(to writer: inout WireWriter) {
    number.encode(to: &writer)
    text.encode(to: &writer)
    writer.write(array: doubles)
    writer.write(array: bytes)
    nested.encode(to: &writer)
    optional.encode(to: &writer)
    empty.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    number = try Int(from: &reader)
    text = try String(from: &reader)
    doubles = try reader.readArray(of: Double.self)
    bytes = try reader.readArray(of: UInt8.self)
    nested = try [[String]](from: &reader)
    optional = try Int?(from: &reader)
    empty = try Empty(from: &reader)
  }

  static let samples: [Everything] = {
    var full = Everything()
    full.number = .min
    full.text = "p\u{e4}nv\u{e4} \u{1F9E9}\0"
    full.doubles = [0, -0.0, .infinity, .leastNonzeroMagnitude]
    full.bytes = [1, 2, 3]
    full.nested = [[], ["a", ""], ["bc"]]
    full.optional = -1
    return [Everything(), full]
  }()
}

/// A message that comes in pieces of any length.
private final class Trickle: WireSource {
  private let rest: Mutex<(bytes: ArraySlice<UInt8>, generator: SeededGenerator)>

  init(_ bytes: [UInt8], seed: Int) { rest = Mutex((bytes[...], SeededGenerator(seed: seed))) }

  func read(into buffer: UnsafeMutableRawBufferPointer, atLeast least: Int) throws(CommunicationError) -> Int
  {
    let piece = rest.withLock { rest in
      let most = min(buffer.count, rest.bytes.count)
      let count = least + Int(rest.generator.next() % UInt64(max(most - least, 0) + 1))
      defer { rest.bytes = rest.bytes.dropFirst(count) }
      return rest.bytes.prefix(count)
    }
    guard piece.count >= least else { throw .lost(rank: 0, reason: "the end") }
    buffer.copyBytes(from: piece)
    return piece.count
  }
}

@Suite struct WireFormatTests {
  @Test(arguments: 0..<8) func aMessageIsReadWhileItComesAsItIsInMemory(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    var value = Everything()
    value.number = seed
    value.text = String(repeating: "pieces of text, ", count: Int(generator.next() % 5000))
    value.doubles = (0..<Int(generator.next() % 1_000_000)).map { Double($0) }
    value.bytes = (0..<Int(generator.next() % 10_000)).map { UInt8(truncatingIfNeeded: $0) }
    value.nested = (0..<2000).map { ["\($0)", ""] }
    let bytes = encoded(value)
    var reader = WireReader(Trickle(bytes, seed: seed), length: bytes.count)
    #expect(try Everything(from: &reader) == value)
    #expect(reader.remaining == 0)

    reader = WireReader(Trickle(bytes, seed: seed), length: bytes.count)
    #expect(try reader.readInt() == seed)
    var writer = WireWriter()
    writer.write(
      rest: try reader.readRest(), size: WireSize(words: 0, payloadBytes: 0, headerBytes: bytes.count - 8))
    #expect(reader.remaining == 0)
    #expect(writer.contiguous() == Array(bytes[8...]))

    // A message that ends before its length says.
    reader = WireReader(Trickle(bytes.dropLast(1 + seed), seed: seed), length: bytes.count)
    #expect(throws: CommunicationError.lost(rank: 0, reason: "the end")) { try Everything(from: &reader) }
  }

  @Test func mutationsOfAMessageThatComesAreReadOrRefused() {
    var generator = SeededGenerator(seed: 21)
    let samples = Everything.samples.map(encoded)
    for round in 0..<5000 {
      var bytes = samples[round % samples.count]
      bytes.mutate(using: &generator)
      var reader = WireReader(Trickle(bytes, seed: round), length: bytes.count)
      let value = try? Everything(from: &reader)
      #expect((value != nil && reader.remaining == 0) == ((try? decoded(Everything.self, bytes)) != nil))
    }
  }

  @Test func realNumbersTravelBitForBitAndArraysOfThemAsPayload() throws {
    let numbers = [0, -0.0, 1.1, .infinity, -.leastNonzeroMagnitude, .nan]
    for x in numbers {
      var writer = WireWriter()
      x.encode(to: &writer)
      var reader = WireReader(writer.contiguous())
      #expect(try Double(from: &reader).bitPattern == x.bitPattern && reader.remaining == 0)
    }
    var writer = WireWriter()
    numbers.encode(to: &writer)
    #expect(writer.words == numbers.count && writer.payloadBytes == 8 * numbers.count)
    var reader = WireReader(writer.contiguous())
    let back = try [Double](from: &reader)
    #expect(back.map(\.bitPattern) == numbers.map(\.bitPattern) && reader.remaining == 0)
    var short = WireReader(Array(writer.contiguous().dropLast()))
    #expect(throws: CommunicationError.self) { try [Double](from: &short) }
  }

  @Test func elementsWithoutBytesTravelAndAFalseCountOfThemIsRefused() throws {
    var reader = WireReader(encoded([Empty(), Empty(), Empty()]))
    #expect(try [Empty](from: &reader).count == 3 && reader.remaining == 0)
    // Bytes that follow bound nothing.
    reader = WireReader(encoded([1 << 62, 7]).dropFirst(8).map { $0 })
    #expect(throws: CommunicationError.self) { try [Empty](from: &reader) }
  }

  @Test func valuesAreReadBack() throws {
    func check<Value: WireCodable & Equatable>(_ value: Value) throws {
      #expect(try decoded(Value.self, encoded(value)) == value)
    }
    for value in [0, 1, -1, .max, .min] { try check(value) }
    for value in ["", "a", "\0", "\u{1F9E9} pieces", String(repeating: "x", count: 10_000)] {
      try check(value)
    }
    try check(Empty())
    try check([1, 2, 3])
    try check([Int]())
    try check([["a"], [], ["b", "c"]])
    try check(Int?.none)
    try check(Int?.some(3))
    try check(Int??.some(nil))
    try check([Int?]([nil, 2]))
    for value in Everything.samples { try check(value) }
  }

  @Test func bytesAndWordsAreCounted() {
    var writer = WireWriter()
    writer.write(7)
    writer.write("abc")
    writer.write(array: [1.0, 2.0, 3.0])
    writer.write(array: [Int32](repeating: 1, count: 5))
    writer.write(array: [Double]())
    #expect(writer.headerBytes == 8 + 11 + 8 + 8 + 8)
    #expect(writer.payloadBytes == 24 + 20)
    #expect(writer.words == 8)
    #expect(writer.contiguous().count == writer.headerBytes + writer.payloadBytes)
  }

  @Test func aLongHeaderIsWrittenInLinearTime() {
    let numbers = Array(0..<1_000_000)
    let time = ContinuousClock().measure { #expect(encoded(numbers).count == 8_000_008) }
    // A copy of the header for each field would take hours.
    #expect(time < .seconds(20))
  }

  @Test func integersAreLittleEndian() {
    #expect(encoded(0x0102_0304_0506_0708) == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(encoded("ab") == [2, 0, 0, 0, 0, 0, 0, 0, 97, 98])
  }

  @Test func everyTruncationIsRefused() throws {
    for value in Everything.samples {
      let bytes = encoded(value)
      for length in 0..<bytes.count {
        #expect(throws: CommunicationError.self) { try decoded(Everything.self, Array(bytes.prefix(length))) }
      }
    }
  }

  @Test func mutationsAreReadOrRefused() {
    var generator = SeededGenerator(seed: 20)
    let samples = Everything.samples.map(encoded)
    for round in 0..<20_000 {
      var bytes = samples[round % samples.count]
      bytes.mutate(using: &generator)
      if let value = try? decoded(Everything.self, bytes) { #expect(encoded(value) == bytes) }
    }
  }

  @Test(arguments: [-1, .min, .max, 1 << 40, 1 << 61, 2])
  func lengthsBeyondTheMessageAreRefusedBeforeAllocating(count: Int) {
    let bytes = encoded(count) + [1, 2, 3, 4, 5, 6, 7, 8]
    #expect(throws: CommunicationError.tooLong(what: "an array of Double", length: count, limit: 1)) {
      var reader = WireReader(bytes)
      _ = try reader.readArray(of: Double.self)
    }
    if count != 2 {
      #expect(throws: CommunicationError.tooLong(what: "text", length: count, limit: 8)) {
        _ = try decoded(String.self, bytes)
      }
    }
    #expect(throws: CommunicationError.self) { _ = try decoded([Int].self, bytes) }
  }

  /// A message that comes may claim what no memory holds, and only its claim be there.
  @Test func claimsOfMessagesThatComeAreRefusedWhereThereIsNoMemoryForThem() {
    let length = 1 << 56
    let bytes = encoded(length / 8 - 1)
    #expect(
      throws: CommunicationError.tooLong(what: "an array", length: length - 8, limit: 1 << 24)
    ) {
      var reader = WireReader(Trickle(bytes, seed: 1), length: length)
      _ = try reader.readArray(of: Double.self)
    }
    #expect(throws: CommunicationError.self) {
      var reader = WireReader(Trickle(encoded(length - 8), seed: 1), length: length)
      _ = try reader.readString()
    }
  }

  @Test func textThatIsNotUnicodeIsRefused() {
    #expect(throws: CommunicationError.malformed(expected: "UTF-8 text")) {
      _ = try decoded(String.self, encoded(2) + [0xC3, 0x28])
    }
  }
}
