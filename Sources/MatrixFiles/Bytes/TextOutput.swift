// Text on its way to a sink. Numbers are written in the fewest digits that read back as the same number,
// whole numbers without a point. Pieces of a large text are formatted on several threads and written in their
// order: the bytes do not depend on the threads.

internal import Dispatch

import TesseraLocalMatrices

/// A piece of text.
struct TextBuffer: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// Sends the text to `sink`.
  borrowing func write(to sink: any ByteSink) throws(FileFormatError) {
    try sink.write(UnsafeRawBufferPointer(start: start, count: count))
  }

  mutating func removeAll() { count = 0 }

  /// Makes room for `more` bytes.
  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = 2 * capacity + more
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: start, count: count)
    start.deallocate()
    (start, capacity) = (moved, larger)
  }

  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    start[count] = byte
    count += 1
  }

  /// A whole number in decimal digits.
  @inline(__always)
  mutating func append(_ value: Int) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(digits: UInt64(value.magnitude))
  }

  /// Decimal digits. Returns how many.
  @inline(__always)
  @discardableResult
  private mutating func append(digits value: UInt64) -> Int {
    reserve(20)
    let length = decimalLength(value)
    var rest = value
    var place = start + count + length
    // Four digits a division, two a look into a table.
    while rest >= 10_000 {
      let quotient = rest / 10_000
      let four = UInt32(truncatingIfNeeded: rest &- quotient &* 10_000)
      rest = quotient
      place -= 4
      put(pair: four / 100, at: place)
      put(pair: four % 100, at: place + 2)
    }
    var last = UInt32(truncatingIfNeeded: rest)
    if last >= 100 {
      place -= 2
      put(pair: last % 100, at: place)
      last /= 100
    }
    if last >= 10 {
      put(pair: last, at: place - 2)
    } else {
      place[-1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: last)
    }
    count += length
    return length
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
      appendShortest(value)
    }
  }

  @inline(never)
  private mutating func appendShortest<R: RealScalar>(_ value: R) {
    if value.isNaN { return append("nan") }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    if value.isInfinite { return append("inf") }
    if value == 0 { return append(UInt8(ascii: "0")) }
    let decimal = ShortestDecimal(value)
    reserve(32)
    let first = count
    let length = append(digits: decimal.digits)
    // The number is 0.digits * 10^point.
    let point = length + decimal.exponent
    if point < -3 || value.magnitude > 2 / R.ulpOfOne {
      if length > 1 { insertPoint(first + 1) }
      appendExponent(point - 1)
    } else if point <= 0 {
      insertZeros(first, 2 - point)
      start[first + 1] = UInt8(ascii: ".")
    } else if point < length {
      insertPoint(first + point)
    } else {
      for _ in 0..<decimal.exponent { append(UInt8(ascii: "0")) }
    }
  }

  /// Puts a point before byte `place`, for which there is room.
  private mutating func insertPoint(_ place: Int) {
    insertZeros(place, 1)
    start[place] = UInt8(ascii: ".")
  }

  /// Puts `zeros` zeros before byte `place`, for which there is room.
  private mutating func insertZeros(_ place: Int, _ zeros: Int) {
    var q = count
    while q > place {
      q -= 1
      start[q + zeros] = start[q]
    }
    for z in 0..<zeros { start[place + z] = UInt8(ascii: "0") }
    count += zeros
  }

  private mutating func appendExponent(_ exponent: Int) {
    append(UInt8(ascii: "e"))
    append(UInt8(ascii: exponent < 0 ? "-" : "+"))
    if exponent.magnitude < 10 { append(UInt8(ascii: "0")) }
    append(digits: UInt64(exponent.magnitude))
  }

  mutating func endLine() { append(newline) }

  /// The bytes of a number, the highest first.
  @inline(__always)
  mutating func append(bigEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { for byte in $0 { append(byte) } }
  }
}

/// Writes a number below 100 as two digits.
@inline(__always)
private func put(pair: UInt32, at place: UnsafeMutablePointer<UInt8>) {
  let digits = pairsOfDigits.utf8Start + 2 * Int(pair)
  place[0] = digits[0]
  place[1] = digits[1]
}

/// 00, 01 to 99.
private let pairsOfDigits: StaticString =
  """
  00010203040506070809101112131415161718192021222324252627282930313233343536373839\
  40414243444546474849505152535455565758596061626364656667686970717273747576777879\
  8081828384858687888990919293949596979899
  """

/// How many decimal digits a number has.
@inline(__always)
private func decimalLength(_ value: UInt64) -> Int {
  // log10(2) is 1233 / 4096, near enough; the estimate is one too small or right.
  let bits = 64 &- (value | 1).leadingZeroBitCount
  let estimate = (bits &* 1233) >> 12
  return estimate &+ (value >= wholePowersOfTen[estimate] ? 1 : 0)
}

/// 10^0 to 10^19; where the first stands, zero has one digit too.
private let wholePowersOfTen: [UInt64] = [
  0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
  1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]

extension ByteSink {
  /// Sends a text that needs no threads.
  func send(_ make: (inout TextBuffer) -> Void) throws(FileFormatError) {
    var text = TextBuffer()
    make(&text)
    try text.write(to: self)
  }

  /// Sends `count` pieces of text, each made by `make` from its number, in their order. They are made on as
  /// many threads as there are processors; a few are held at a time.
  func send(pieces count: Int, _ make: @escaping @Sendable (Int, inout TextBuffer) -> Void)
    throws(FileFormatError)
  {
    let threads = processorCount()
    guard threads > 1, count > 1 else {
      var text = TextBuffer()
      for piece in 0..<count {
        text.removeAll()
        make(piece, &text)
        try text.write(to: self)
      }
      return
    }
    let queue = DispatchQueue(label: "tessera text", attributes: .concurrent)
    let slots = (0..<min(count, threads + 2)).map { _ in TextSlot() }
    var (started, written) = (0, 0)
    // A slot goes only when nobody writes into it.
    defer {
      while written < started {
        slots[written % slots.count].isDone.wait()
        written += 1
      }
    }
    while written < count {
      while started < count, started - written < slots.count {
        let (slot, piece) = (slots[started % slots.count], started)
        started += 1
        queue.async {
          slot.text.removeAll()
          make(piece, &slot.text)
          slot.isDone.signal()
        }
      }
      let slot = slots[written % slots.count]
      slot.isDone.wait()
      written += 1
      try slot.text.write(to: self)
    }
  }
}

/// A piece of text on its way.
///
/// `@unchecked Sendable`: it belongs to the thread that makes it until the signal that it is done, then to
/// the one that writes it.
private final class TextSlot: @unchecked Sendable {
  var text = TextBuffer()
  let isDone = DispatchSemaphore(value: 0)
}

/// How many lines or entries make a piece of text that is worth a task.
let pieceLength = 1 << 14

/// The pieces of 0..<count with `length` each, the last one shorter.
func piece(_ number: Int, of count: Int, length: Int = pieceLength) -> Range<Int> {
  number * length..<min(count, (number + 1) * length)
}

/// How many pieces there are.
func pieceCount(_ count: Int, length: Int = pieceLength) -> Int { (count + length - 1) / length }
