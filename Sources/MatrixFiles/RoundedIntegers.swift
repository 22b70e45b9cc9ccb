// Whole numbers that their scalar does not hold: beyond 2^53 not every one has a double of its own, and the nearest is
// taken. They are counted while they are converted, because afterwards nobody can tell; one comparison for a number
// that is smaller.

import TesseraLocalMatrices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whole numbers in a file that have become others, because their scalar does not hold them.
public struct RoundedIntegers: Sendable, Equatable {
  /// How many there are.
  public let count: Int
  /// Row and column, from zero, of the first in the order of the file; nil where there is none, and of blocks and
  /// diagonals in archives, which stand in another order.
  public let first: Place?

  /// An element of a matrix.
  public struct Place: Sendable, Equatable {
    /// The row, from zero.
    public let row: Int
    /// The column, from zero.
    public let column: Int

    /// The element at `row` and `column`.
    public init(row: Int, column: Int) { (self.row, self.column) = (row, column) }
  }

  /// So many, the first of them at `first`; by default none.
  public init(count: Int = 0, first: Place? = nil) { (self.count, self.first) = (count, first) }

  /// Those of `tally`, whose numbers are stored in `contents`, the first row of which is row `firstRow`.
  init<S: Scalar>(_ tally: RoundingTally, in contents: MatrixContents<S>, firstRow: Int = 0) {
    self.init(
      count: tally.count,
      first: tally.first.map { q in
        let place = contents.place(ofStored: q)
        return Place(row: firstRow + place.row, column: place.column)
      })
  }
}

/// Whole numbers that have been rounded, counted where they are stored.
struct RoundingTally {
  private(set) var count = 0
  /// The place of the first among the stored numbers.
  private(set) var first: Int?

  /// Counts the number that will be stored at `place`.
  mutating func add(at place: Int) {
    count += 1
    if first == nil { first = place }
  }

  /// Counts what was counted in numbers that are stored behind `stored` others.
  mutating func append(_ other: RoundingTally, behind stored: Int) {
    count += other.count
    if first == nil { first = other.first.map { $0 + stored } }
  }

  /// The same numbers where they stand in another order.
  func withoutPlace() -> RoundingTally {
    var tally = self
    tally.first = nil
    return tally
  }
}

extension RealScalar {
  /// Whether this number is so large that it may be a whole number that has been rounded.
  @inline(__always) var mayBeRounded: Bool { magnitude >= 0x1p53 }

  /// Whether `text` writes a whole number by its digits alone, and this is not it.
  @inline(never)
  func isRounded(from text: UnsafeBufferPointer<UInt8>) -> Bool {
    let sign = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+")
    let digits = text.dropFirst(sign ? 1 : 0).drop { $0 == UInt8(ascii: "0") }
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return false }
    // 19 digits always fit.
    if digits.count <= 19 {
      let number = digits.reduce(0 as UInt64) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
      return UInt64(exactly: magnitude) != number
    }
    // The C library writes all digits of a double, of which none has more than 309 before the point.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320) { exact in
      let length = withVaList([Double(magnitude)]) { vsnprintf(exact.baseAddress, exact.count, "%.0f", $0) }
      return !exact.prefix(Int(length)).elementsEqual(digits.map { CChar(bitPattern: $0) })
    }
  }
}

extension MatrixFileHeader {
  /// Whether the file may hold whole numbers that no scalar holds exactly: it is text, or has integers of 64 bits.
  public var mayHoldLongIntegers: Bool {
    switch format {
    case .matrixMarket, .archive: elementType != "pattern"
    case .csv, .tsv, .svmlight: true
    case .npy, .npz, .idx, .hdf5: elementType.hasSuffix("i8") || elementType.hasSuffix("u8")
    }
  }
}

extension MatrixContents {
  /// Row and column of the stored number `q`.
  fileprivate func place(ofStored q: Int) -> RoundedIntegers.Place {
    switch self {
    case .triplets(let matrix):
      return .init(row: Int(matrix.rowIndices[q]), column: Int(matrix.columnIndices[q]))
    case .dense(let matrix):
      let length = max(1, matrix.order == .columnMajor ? matrix.rows : matrix.columns)
      let (major, minor) = q.quotientAndRemainder(dividingBy: length)
      return matrix.order == .columnMajor
        ? .init(row: minor, column: major) : .init(row: major, column: minor)
    }
  }
}
