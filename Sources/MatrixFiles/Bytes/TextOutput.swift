// Text on its way to a sink, gathered in pieces of 1 MiB. Numbers are written in the fewest digits that read
// back as the same number (Swift's description), whole numbers without a point.

import TesseraLocalMatrices

/// A buffer of text before a sink.
struct TextOutput: ~Copyable {
  private static let pieceSize = 1 << 20

  private let sink: any ByteSink
  private var bytes: [UInt8] = []

  init(_ sink: any ByteSink) {
    self.sink = sink
    bytes.reserveCapacity(TextOutput.pieceSize + 1024)
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// A whole number in decimal digits.
  @inline(__always)
  mutating func append(_ value: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let first = bytes.count
    var rest = value.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
      rest = quotient
    } while rest > 0
    bytes[first...].reverse()
  }

  /// A real number in the fewest digits; `nan`, `inf`, `-inf` and `-0` as they are.
  @inline(__always)
  mutating func append<R: RealScalar>(_ value: R) {
    // Below 2 / epsilon every whole number is exact, and its digits are the fewest.
    if value.magnitude < 2 / R.ulpOfOne, value == value.rounded(.towardZero),
      value != 0 || value.sign == .plus
    {
      append(Int(value))
    } else {
      appendDescription(of: value)
    }
  }

  @inline(never)
  private mutating func appendDescription<R: RealScalar>(of value: R) {
    if value.isNaN { return append("nan") }
    let text = R.kind == .float ? Float(value).description : Double(value).description
    bytes.append(contentsOf: text.hasSuffix(".0") ? text.dropLast(2).utf8 : text[...].utf8)
  }

  /// Ends the line, and hands the text on when enough has gathered.
  @inline(__always)
  mutating func endLine() throws(FileFormatError) {
    bytes.append(newline)
    try flushWhenFull()
  }

  /// The bytes of a number, the highest first.
  @inline(__always)
  mutating func append(bigEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Hands the gathered bytes on when enough has gathered.
  @inline(__always)
  mutating func flushWhenFull() throws(FileFormatError) {
    if bytes.count >= TextOutput.pieceSize { try flush() }
  }

  /// Hands the gathered text on.
  mutating func flush() throws(FileFormatError) {
    var failure: FileFormatError?
    bytes.withUnsafeBytes { piece in
      do throws(FileFormatError) { try sink.write(piece) } catch { failure = error }
    }
    if let failure { throw failure }
    bytes.removeAll(keepingCapacity: true)
  }
}
