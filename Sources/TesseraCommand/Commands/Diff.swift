// tessera diff A B: whether two files hold the same matrix, whatever their formats. O(entries), both in
// memory.

import ArgumentParser
import Tessera

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two matrices.",
    discussion: """
      Elements a and b agree when |a - b| is at most the absolute tolerance, or at most the relative one times the larger \
      of |a| and |b|. NaN agrees with NaN, an infinity with the same infinity, and what a sparse file leaves out is zero. \
      Matrices of different shapes differ. Exit codes: 0 the same, 1 different, above that an error.
      """)

  @Argument(help: "The first matrix file, or - for standard input.", completion: .file())
  var first: String

  @Argument(help: "The second matrix file, or - for standard input.", completion: .file())
  var second: String

  @Option(parsing: .unconditional, help: ArgumentHelp("Relative tolerance.", valueName: "eps"))
  var relative: Double = 0

  @Option(parsing: .unconditional, help: ArgumentHelp("Absolute tolerance.", valueName: "eps"))
  var absolute: Double = 0

  @Option(
    help: ArgumentHelp(
      "Format of standard input and of a file whose name does not tell; a name that does is believed: \(MatrixFileFormat.names).",
      valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for (name, value) in [("relative", relative), ("absolute", absolute)] where !(value >= 0) {
      throw ValidationError("--\(name) is \(value), expected 0 or more.")
    }
    try checkInputs(first, second)
  }

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      // Real numbers lose nothing as complex ones, and single ones nothing as double.
      let kinds = [first, second].map { path in
        try? scalarOfFile(path, format: formatOfOne(path, told: format), options: reading.options)
      }
      let isReal = kinds.allSatisfy { $0.map { !$0.isComplex } ?? false }
      let difference =
        isReal ? try compare(as: Double.self) : try compare(as: Complex<Double>.self)
      try Report.result(
        output.json
          ? difference.json(seconds: seconds(since: start)).description : difference.sentence(first, second))
      if !difference.isSame { throw ExitCode(.negative) }
    }
  }

  private func compare<S: Scalar>(as type: S.Type) throws -> MatrixDifference {
    let (a, b) = (try read(first, as: S.self), try read(second, as: S.self))
    return try MatrixDifference(a, b, relative: relative, absolute: absolute)
  }

  private func read<S: Scalar>(_ path: String, as type: S.Type) throws(FileFormatError) -> MatrixContents<S> {
    try readMatrix(
      path, as: S.self, format: formatOfOne(path, told: format), options: reading.options,
      progress: output.progress
    ).contents
  }
}

/// How two matrices differ, element by element.
struct MatrixDifference {
  private let shapes: (Shape, Shape)
  private let relativeTolerance: Double
  private let absoluteTolerance: Double
  /// The largest |a - b|; NaN where only one of them is.
  private(set) var maxAbsolute = 0.0
  /// The largest |a - b| / max(|a|, |b|).
  private(set) var maxRelative = 0.0
  /// The first place, row after row, where elements do not agree, from zero.
  private(set) var firstPlace: (row: Int, column: Int)?

  /// Whether shapes and elements agree.
  var isSame: Bool { shapes.0 == shapes.1 && firstPlace == nil }

  /// Compares `a` and `b`, duplicates of both added up.
  init<S: Scalar>(_ a: MatrixContents<S>, _ b: MatrixContents<S>, relative: Double, absolute: Double) throws {
    shapes = (a.shape, b.shape)
    (relativeTolerance, absoluteTolerance) = (relative, absolute)
    guard a.shape == b.shape else { return }
    switch (a, b) {
    case (.dense(let a), .dense(let b)):
      for i in 0..<a.rows { for j in 0..<a.columns { compare(a[i, j], b[i, j], i, j) } }
    case (.triplets(let a), .triplets(let b)): try compareEntries(a, b)
    case (.triplets(let a), .dense(let b)): try compareEntries(a, b.triplets())
    case (.dense(let a), .triplets(let b)): try compareEntries(a.triplets(), b)
    }
  }

  /// Merges the two, row by row. Rows and columns that are empty in both are left out, so that a huge shape
  /// costs nothing.
  private mutating func compareEntries<S: Scalar>(_ a: TripletMatrix<S>, _ b: TripletMatrix<S>) throws {
    var joint = a
    joint.reserveCapacity(a.entryCount + b.entryCount)
    b.forEach { joint.append($0, $1, $2) }
    let (rows, columns) = (joint.rowIndices, joint.columnIndices)
    joint = joint.withoutEmptyLines()
    func part(_ range: Range<Int>) throws -> SparseMatrix<S> {
      try TripletMatrix(
        rows: joint.rows, columns: joint.columns, rowIndices: Array(joint.rowIndices[range]),
        columnIndices: Array(joint.columnIndices[range]), values: Array(joint.storage[range])
      ).compressed(by: .rows)
    }
    let (x, y) = (try part(0..<a.entryCount), try part(a.entryCount..<joint.entryCount))
    let (xs, ys) = (x.values, y.values)
    for i in 0..<joint.rows {
      var (p, q) = (x.offsets[i], y.offsets[i])
      while p < x.offsets[i + 1] || q < y.offsets[i + 1] {
        let left = p < x.offsets[i + 1] ? x.indices[p] : .max
        let right = q < y.offsets[i + 1] ? y.indices[q] : .max
        compare(
          left <= right ? xs[p] : 0, right <= left ? ys[q] : 0, i, Int(min(left, right)))
        if left <= right { p += 1 }
        if right <= left { q += 1 }
      }
    }
    if let place = firstPlace, joint.shape != a.shape {
      // Back from the numbers without empty lines: those of any entry at the place.
      let found = (0..<joint.entryCount).first {
        Int(joint.rowIndices[$0]) == place.row && Int(joint.columnIndices[$0]) == place.column
      }
      firstPlace = found.map { (Int(rows[$0]), Int(columns[$0])) }
    }
  }

  private mutating func compare<S: Scalar>(_ a: S, _ b: S, _ i: Int, _ j: Int) {
    if a == b { return }
    if areSame(a.realPart, b.realPart), areSame(a.imaginaryPart, b.imaginaryPart) { return }
    let difference = Double((a - b).modulus)
    let size = max(Double(a.modulus), Double(b.modulus))
    let ratio = size.isInfinite && difference.isInfinite ? 1 : difference / size
    maxAbsolute = larger(maxAbsolute, difference)
    maxRelative = larger(maxRelative, ratio)
    let agree =
      difference.isFinite && (difference <= absoluteTolerance || difference <= relativeTolerance * size)
    if !agree, firstPlace == nil { firstPlace = (i, j) }
  }

  private func areSame<R: RealScalar>(_ x: R, _ y: R) -> Bool { x == y || x.isNaN && y.isNaN }

  private func larger(_ x: Double, _ y: Double) -> Double { x.isNaN || y.isNaN ? .nan : max(x, y) }

  /// The keys of the documentation; null where the shapes differ.
  func json(seconds: Double) -> JSON {
    let comparable = shapes.0 == shapes.1
    return .object([
      ("maxAbsolute", comparable ? .real(maxAbsolute) : .null),
      ("maxRelative", comparable ? .real(maxRelative) : .null), ("same", .bool(isSame)),
      ("seconds", .real(seconds)),
    ])
  }

  /// One line for a person.
  func sentence(_ a: String, _ b: String) -> String {
    guard shapes.0 == shapes.1 else { return "different: \(a) is \(shapes.0), \(b) is \(shapes.1)" }
    let sizes = "largest difference \(maxAbsolute), relative \(maxRelative)"
    guard let place = firstPlace else { return maxAbsolute == 0 ? "same" : "same: \(sizes)" }
    return "different: \(sizes), first at row \(place.row + 1), column \(place.column + 1)"
  }
}
