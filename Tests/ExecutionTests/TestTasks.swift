// Tiles of text and numbers, and tasks on them that show who did what in which order.

import TesseraCommunication
import TesseraExecution

/// A tile of text.
struct Text: Tile, Equatable {
  static let typeName = "test/text"
  var text: String
  init(_ text: String) { self.text = text }
  func encode(to writer: inout WireWriter) { writer.write(text) }
  init(from reader: inout WireReader) throws(CommunicationError) { text = try reader.readString() }
}

/// A tile of numbers, also a partial result.
struct Numbers: Tile, Equatable {
  static let typeName = "test/numbers"
  var elements: [Double]
  init(_ elements: [Double]) { self.elements = elements }
  func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: Double.self)
  }
}

/// What a test task throws on purpose.
struct Refusal: Error, CustomStringConvertible {
  let tile: Int
  var description: String { "tile \(tile) refuses" }
}

private func refuse(_ refusing: [Int], _ tile: Int) throws {
  if refusing.contains(tile) { throw Refusal(tile: tile) }
}

/// Text to its tile number and itself; refuses the tiles it is told to.
enum NumberingTask: MapTask {
  typealias Arguments = [Int]
  typealias Input = Text
  static let name = "test/numbering"
  static func run(_ refusing: [Int], _ input: Text, tile: Int) throws -> Text {
    try refuse(refusing, tile)
    return Text("\(tile):\(input.text)")
  }
}

/// Joins the texts of two collections.
enum JoiningTask: MapTask {
  typealias Arguments = String
  typealias Input = TilePair<Text, Text>
  static let name = "test/joining"
  static func run(_ separator: String, _ input: TilePair<Text, Text>, tile: Int) -> Text {
    Text(input.first.text + separator + input.second.text)
  }
}

/// Brackets around every combination: not associative, so that the text is the tree.
enum BracketingTask: ReduceTask {
  typealias Arguments = [Int]
  typealias Input = Text
  static let name = "test/bracketing"
  static func run(_ refusing: [Int], _ input: Text, tile: Int) throws -> String {
    try refuse(refusing, tile)
    return input.text
  }
  static func combine(_ left: inout String, _ right: String, _ refusing: [Int]) throws {
    if refusing.contains(-1) { throw Refusal(tile: -1) }
    left = "(\(left) \(right))"
  }
}

/// The sum of the arguments and all tiles.
enum SumTask: ReduceTask {
  typealias Arguments = Numbers
  typealias Input = Numbers
  static let name = "test/sum"
  static func run(_ addend: Numbers, _ input: Numbers, tile: Int) -> Numbers { input }
  static func combine(_ left: inout Numbers, _ right: Numbers, _ addend: Numbers) {
    for i in left.elements.indices { left.elements[i] += right.elements[i] }
  }
}

/// Row tiles of a grid of numbers to its columns. Refuses tiles to cut, or, beyond 1000, to put together.
enum TransposingTask: ExchangeTask {
  typealias Arguments = [Int]
  typealias Input = Numbers
  static let name = "test/transposing"
  static func split(_ refusing: [Int], _ input: Numbers, tile: Int) throws -> [(target: Int, piece: Piece)] {
    try refuse(refusing, tile)
    return input.elements.enumerated().map { ($0, Piece($1)) }
  }
  static func merge(_ refusing: [Int], _ pieces: [Piece], tile: Int) throws -> Numbers {
    try refuse(refusing, 1000 + tile)
    return Numbers(pieces.map(\.value))
  }
}

/// One number on its way.
struct Piece: WireCodable {
  let value: Double
  init(_ value: Double) { self.value = value }
  func encode(to writer: inout WireWriter) { writer.write(array: [value]) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let value = try reader.readArray(of: Double.self).first else {
      throw .malformed(expected: "a number")
    }
    self.value = value
  }
}

/// A task that nobody registers.
enum UnknownTask: MapTask {
  typealias Arguments = Empty
  typealias Input = Text
  static let name = "test/unknown"
  static func run(_: Empty, _ input: Text, tile: Int) -> Text { input }
}

extension TaskRegistry {
  static let test = TaskRegistry([
    .map(NumberingTask.self), .map(JoiningTask.self), .reduce(BracketingTask.self), .reduce(SumTask.self),
    .tile(Numbers.self), .exchange(TransposingTask.self),
  ])
}

/// Tiles "0", "1", and so on.
func texts(_ count: Int) -> [Text] { (0..<count).map { Text("\($0)") } }
