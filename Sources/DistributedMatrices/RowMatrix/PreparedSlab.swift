// A slab that is to be read many times: grouped by the length of its rows where they are short, as it is otherwise.
// Which of the two depends on the slab alone.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices

/// A slab of a prepared row matrix.
public enum PreparedSlab<S: Scalar>: Tile, Equatable {
  /// Sparse, in short rows.
  case grouped(GroupedRows<S>)
  /// Dense, or sparse in long rows.
  case plain(LocalMatrix<S>)

  /// Rows of so many entries on average gain nothing from being grouped: the loop over them is foreseen anyway.
  static var longestRows: Int { 64 }

  /// The slab, grouped where it is sparse and its rows are short. O(stored elements).
  public init(_ slab: LocalMatrix<S>) {
    if case .sparse(let a) = slab, a.nonzeroCount > 0, a.nonzeroCount <= Self.longestRows * a.rows {
      self = .grouped(GroupedRows(a))
    } else {
      self = .plain(slab)
    }
  }

  /// `prepared/` and LAPACK's letter.
  public static var typeName: String { scalarName("prepared", S.self) }

  /// Writes which kind it is and the slab.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .plain(let slab):
      writer.write(0)
      slab.encode(to: &writer)
    case .grouped(let slab):
      writer.write(1)
      slab.encode(to: &writer)
    }
  }

  /// Reads a slab of either kind.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a kind of slab") == 0
      ? .plain(try LocalMatrix(from: &reader)) : .grouped(try GroupedRows(from: &reader))
  }
}

extension GroupedRows: WireCodable {
  /// Writes shape, groups, order, indices and values.
  public func encode(to writer: inout WireWriter) {
    writer.write(rows)
    writer.write(columns)
    writer.write(array: lengths)
    writer.write(array: counts)
    writer.write(array: order)
    switch indices {
    case .narrow(let indices):
      writer.write(0)
      writer.write(array: indices)
    case .wide(let indices):
      writer.write(1)
      writer.write(array: indices)
    }
    writer.write(array: values)
  }

  /// Reads a matrix back, checking groups, order and indices.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let (rows, columns) = (try reader.readInt(), try reader.readInt())
    let lengths = try reader.readArray(of: Int.self)
    let counts = try reader.readArray(of: Int.self)
    let order = try reader.readArray(of: Int32.self)
    let indices: Indices =
      try reader.readInt(in: 0...1, "a width of indices") == 0
      ? .narrow(try reader.readArray(of: UInt16.self)) : .wide(try reader.readArray(of: Int32.self))
    let values = try reader.readArray(of: S.self)
    do {
      try self.init(
        rows: rows, columns: columns, lengths: lengths, counts: counts, order: order, indices: indices,
        values: values)
    } catch {
      throw .malformed(expected: "rows grouped by length: \(error)")
    }
  }
}

extension PreparedSlab: RowSlab {
  static func taskName(_ task: String) -> String { scalarName("prepared-" + task, S.self) }

  var shape: Shape {
    switch self {
    case .grouped(let a): a.shape
    case .plain(let a): a.shape
    }
  }

  var local: LocalMatrix<S> {
    switch self {
    case .grouped(let a): .sparse(a.sparse())
    case .plain(let a): a
    }
  }

  var storedCount: Int {
    switch self {
    case .grouped(let a): a.nonzeroCount
    case .plain(let a): a.storedCount
    }
  }

  func addGramProduct(_ x: [S], width: Int, to y: inout [S]) {
    switch self {
    case .grouped(let a): a.addGramProduct(x, width: width, to: &y)
    case .plain(let a): a.addGramProduct(x, width: width, to: &y)
    }
  }

  func times(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    switch self {
    case .plain(let a): return try a.times(b)
    case .grouped(let a):
      try checkOperand("product", shape, b.shape)
      try MemoryGuard.check("the product", a.rows, b.columns, bytesPerElement: MemoryLayout<S>.stride)
      return try DenseMatrix(
        rows: a.rows, columns: b.columns, order: .rowMajor,
        elements: a.product(b.elements(in: .rowMajor), width: b.columns))
    }
  }

  func times(_ x: [S]) throws(LinearAlgebraError) -> [S] {
    switch self {
    case .plain(let a): return try a.times(x)
    case .grouped(let a):
      try checkOperand("product", shape, Shape(x.count, 1))
      return a.product(x, width: 1)
    }
  }

  func adjointTimes(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    switch self {
    case .plain(let a): return try a.adjointTimes(b)
    case .grouped(let a):
      try checkOperand("adjoint product", Shape(a.columns, a.rows), b.shape)
      return try DenseMatrix(
        rows: a.columns, columns: b.columns, order: .rowMajor,
        elements: a.adjointProduct(b.elements(in: .rowMajor), width: b.columns))
    }
  }

  func adjointTimes(_ y: [S]) throws(LinearAlgebraError) -> [S] {
    switch self {
    case .plain(let a): return try a.adjointTimes(y)
    case .grouped(let a):
      try checkOperand("adjoint product", Shape(a.columns, a.rows), Shape(y.count, 1))
      return a.adjointProduct(y, width: 1)
    }
  }

  var finiteMagnitudes: (largest: S.Real, frobenius: S.Real)? {
    switch self {
    case .plain(let a): a.finiteMagnitudes
    case .grouped(let a): TesseraLocalMatrices.finiteMagnitudes(a.values)
    }
  }
}
