// The powers of ten from 10^-342 to 10^324 to 128 bits, rounded up: what reading and writing decimal digits
// multiplies by. Worked out once, when the first is asked for, from whole powers of five: 5^k itself, and for
// negative k the first 128 bits of 2^b / 5^-k by long division. A millisecond, 11 KB.

/// 10^k is at most `bits` * 2^(exponent - 127) and more than (`bits` - 1) * 2^(exponent - 127), with `bits`
/// of 128 bits, the highest of them set.
struct PowerOfTen {
  /// The powers that the table has.
  static let range = -342...324

  let high: UInt64
  let low: UInt64

  /// - Precondition: `k` in `range`.
  @inline(__always)
  init(_ k: Int) { self = PowerOfTen.table[k - PowerOfTen.range.lowerBound] }

  fileprivate init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// floor(log2(10^k)), for |k| up to 1233 (Raffaello Giulietti, The Schubfach way to render doubles, 2020).
  @inline(__always)
  static func exponent(_ k: Int) -> Int { (k * 1_741_647) >> 19 }

  private static let table: [PowerOfTen] = {
    var fives = [WholeNumber(1)]
    for k in 0..<(-range.lowerBound) { fives.append(fives[k].timesFive()) }
    return range.map { k in k < 0 ? fives[-k].reciprocal() : fives[k].leadingBits() }
  }()
}

/// A whole number of any size, the lowest word first.
private struct WholeNumber {
  var words: [UInt32]

  init(_ value: UInt32) { words = [value] }

  func timesFive() -> WholeNumber {
    var product = self
    var carry: UInt64 = 0
    for w in words.indices {
      carry += 5 * UInt64(words[w])
      product.words[w] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry > 0 { product.words.append(UInt32(carry)) }
    return product
  }

  private var bitCount: Int { 32 * words.count - (words.last?.leadingZeroBitCount ?? 0) }

  private func bit(_ place: Int) -> UInt64 { UInt64(words[place / 32] >> UInt32(place % 32) & 1) }

  /// The first 128 bits, rounded up.
  func leadingBits() -> PowerOfTen {
    var (high, low): (UInt64, UInt64) = (0, 0)
    let count = bitCount
    for place in 0..<128 {
      let next = place < count ? bit(count - 1 - place) : 0
      high = high << 1 | low >> 63
      low = low << 1 | next
    }
    let isExact = count <= 128 || (0..<count - 128).allSatisfy { bit($0) == 0 }
    return isExact ? PowerOfTen(high: high, low: low) : PowerOfTen.roundedUp(high, low)
  }

  /// The first 128 bits of 1 / self, rounded up.
  ///
  /// - Precondition: self is no power of two.
  func reciprocal() -> PowerOfTen {
    // The largest power of two below self; one more word for the bit that doubling pushes out.
    let top = bitCount - 1
    var rest = [UInt32](repeating: 0, count: words.count + 1)
    rest[top / 32] = 1 << UInt32(top % 32)
    let divisor = words + [0]
    var (high, low): (UInt64, UInt64) = (0, 0)
    for _ in 0..<128 {
      var carry: UInt32 = 0
      for w in rest.indices {
        let doubled = rest[w] << 1 | carry
        carry = rest[w] >> 31
        rest[w] = doubled
      }
      let fits = !rest.reversed().lexicographicallyPrecedes(divisor.reversed())
      if fits {
        var borrow: UInt64 = 0
        for w in rest.indices {
          let difference = UInt64(rest[w]) &- UInt64(divisor[w]) &- borrow
          rest[w] = UInt32(truncatingIfNeeded: difference)
          borrow = difference >> 63
        }
      }
      high = high << 1 | low >> 63
      low = low << 1 | (fits ? 1 : 0)
    }
    return PowerOfTen.roundedUp(high, low)
  }
}

extension PowerOfTen {
  fileprivate static func roundedUp(_ high: UInt64, _ low: UInt64) -> PowerOfTen {
    PowerOfTen(high: low == .max ? high + 1 : high, low: low &+ 1)
  }
}
