// The element types of binary files (.npy, .npz, IDX) that are numbers, and their conversion to scalars,
// rounded once. They are spelled as NumPy spells them.

import TesseraLocalMatrices

/// An element type of a binary file: a kind, a size and a byte order.
struct StoredElement: Equatable {
  enum Kind: Equatable { case boolean, signed, unsigned, real, complex }

  /// Why a type is refused: what should stand instead.
  struct Refusal: Error { var expected: String }

  let kind: Kind
  /// Bytes per element.
  let size: Int
  let isBigEndian: Bool
  /// The type as the file spells it.
  let name: String

  /// The type that NumPy spells `name`, as in `<f8`.
  ///
  /// - Throws: a refusal for what is no number, Python objects above all: reading those would run code.
  init(_ name: String) throws(Refusal) {
    let letters = name.drop { "<>=|".contains($0) }
    let sizes: [Character: (Kind, [Int])] = [
      "b": (.boolean, [1]), "i": (.signed, [1, 2, 4, 8]), "u": (.unsigned, [1, 2, 4, 8]),
      "f": (.real, [2, 4, 8]), "c": (.complex, [8, 16]),
    ]
    if letters.first == "O" {
      throw Refusal(expected: "numbers (Python objects are refused, reading them would run code)")
    }
    if letters == "f16" || letters == "c32" {
      throw Refusal(expected: "numbers of at most 8 bytes (long double differs between machines)")
    }
    guard name.count - letters.count <= 1, let letter = letters.first, let (kind, known) = sizes[letter],
      let size = known.first(where: { letters.dropFirst() == "\($0)" })
    else {
      throw Refusal(expected: "an element type such as '<f8', '<f4', '<c16', '<i8' or '|b1'")
    }
    self.kind = kind
    self.size = size
    self.name = name
    isBigEndian = name.first == ">"
  }

  /// The scalar that holds the elements: double for integers, as close as it gets beyond 2^53.
  var scalar: ScalarKind {
    switch (kind, size) {
    case (.complex, 16): .complexDouble
    case (.complex, _): .complexFloat
    case (.real, 2), (.real, 4): .float
    default: .double
    }
  }

  /// Whether elements of this type have in a file the bytes that scalars of type `S` have in memory.
  func isInMemory<S: Scalar>(as: S.Type) -> Bool {
    #if _endian(little)
      let isNative = !isBigEndian
    #else
      let isNative = isBigEndian
    #endif
    return isNative && kind == (S.isComplex ? .complex : .real) && size == MemoryLayout<S>.stride
  }

  /// Appends the elements in `bytes`, a whole number of them, to `values`, and counts those that were rounded.
  func append<S: Scalar>(
    _ bytes: UnsafeRawBufferPointer, to values: inout [S], _ rounded: inout RoundingTally
  ) {
    switch (kind, size) {
    case (.boolean, _): append(bytes, to: &values) { (x: UInt8) in x == 0 ? 0 : 1 }
    case (.signed, 1): append(bytes, to: &values) { (x: Int8) in S.Real(x) }
    case (.signed, 2): append(bytes, to: &values) { (x: Int16) in S.Real(x) }
    case (.signed, 4): append(bytes, to: &values) { (x: Int32) in S.Real(x) }
    case (.signed, _): append(bytes, to: &values, &rounded, as: Int64.self)
    case (.unsigned, 1): append(bytes, to: &values) { (x: UInt8) in S.Real(x) }
    case (.unsigned, 2): append(bytes, to: &values) { (x: UInt16) in S.Real(x) }
    case (.unsigned, 4): append(bytes, to: &values) { (x: UInt32) in S.Real(x) }
    case (.unsigned, _): append(bytes, to: &values, &rounded, as: UInt64.self)
    case (.real, 2): append(bytes, to: &values) { (x: UInt16) in S.Real(half(x)) }
    case (.real, 4): append(bytes, to: &values) { (x: UInt32) in S.Real(Float(bitPattern: x)) }
    case (.real, _): append(bytes, to: &values) { (x: UInt64) in S.Real(Double(bitPattern: x)) }
    case (.complex, 8): appendPairs(bytes, to: &values) { (x: UInt32) in S.Real(Float(bitPattern: x)) }
    case (.complex, _): appendPairs(bytes, to: &values) { (x: UInt64) in S.Real(Double(bitPattern: x)) }
    }
  }

  /// Appends the elements in `bytes`, a whole number of them, to `integers`. False when they are not whole
  /// numbers, or too large.
  func append(_ bytes: UnsafeRawBufferPointer, toIntegers integers: inout [Int]) -> Bool {
    func append<Bits: FixedWidthInteger & BitwiseCopyable>(as: Bits.Type) -> Bool {
      for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
        let bits: Bits = load(bytes, offset)
        guard let value = Int(exactly: bits) else { return false }
        integers.append(value)
      }
      return true
    }
    return switch (kind, size) {
    case (.signed, 1): append(as: Int8.self)
    case (.signed, 2): append(as: Int16.self)
    case (.signed, 4): append(as: Int32.self)
    case (.signed, 8): append(as: Int64.self)
    case (.unsigned, 1): append(as: UInt8.self)
    case (.unsigned, 2): append(as: UInt16.self)
    case (.unsigned, 4): append(as: UInt32.self)
    case (.unsigned, 8): append(as: UInt64.self)
    default: false
    }
  }

  @inline(__always)
  private func append<S: Scalar, Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, to values: inout [S], _ convert: (Bits) -> S.Real
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
      values.append(S(real: convert(load(bytes, offset))))
    }
  }

  /// Appends whole numbers of 64 bits.
  @inline(__always)
  private func append<S: Scalar, Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, to values: inout [S], _ rounded: inout RoundingTally, as: Bits.Type
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
      let number: Bits = load(bytes, offset)
      let value = S.Real(number)
      if value.mayBeRounded, Bits(exactly: value) != number { rounded.add(at: values.count) }
      values.append(S(real: value))
    }
  }

  @inline(__always)
  private func appendPairs<S: Scalar, Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, to values: inout [S], _ convert: (Bits) -> S.Real
  ) {
    for offset in stride(from: 0, to: bytes.count, by: 2 * MemoryLayout<Bits>.size) {
      let imaginary: Bits = load(bytes, offset + MemoryLayout<Bits>.size)
      values.append(S(real: convert(load(bytes, offset)), imaginary: convert(imaginary)))
    }
  }

  @inline(__always)
  private func load<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ offset: Int
  ) -> Bits {
    let bits = bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)
    return isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits)
  }
}

/// The value of an IEEE half-precision number. (`Float16` does not exist on every platform.)
private func half(_ bits: UInt16) -> Float {
  let fraction = Float(bits & 0x3ff)
  let magnitude: Float =
    switch bits >> 10 & 0x1f {
    case 0: fraction * 0x1p-24
    case 31: fraction == 0 ? .infinity : .nan
    case let exponent: (1024 + fraction) * Float(bitPattern: UInt32(127 - 25 + exponent) << 23)
    }
  return bits >> 15 == 0 ? magnitude : -magnitude
}
