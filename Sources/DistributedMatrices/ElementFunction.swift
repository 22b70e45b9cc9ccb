// Functions of one element, and of a row and a column, that workers can be told to apply: named, like all that
// is shipped to workers, and in every binary's registry.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices

/// A named function of an element.
///
/// ```swift
/// enum Square: ElementFunction {
///   static let name = "square"
///   static func value(of x: Double, _: Empty) -> Double { x * x }
/// }
/// let registry = TaskRegistry.tessera.adding(function: Square.self)
/// ```
public protocol ElementFunction<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// What the driver sends along; `Empty` for a function without parameters.
  associatedtype Arguments: WireCodable
  /// The name of the function in every binary.
  static var name: String { get }
  /// The function's value.
  static func value(of x: Element, _ arguments: Arguments) -> Element
}

/// A named function of a row and a column, from zero: what a matrix can be made of.
public protocol MatrixFunction<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// What the driver sends along; `Empty` for a function without parameters.
  associatedtype Arguments: WireCodable
  /// The name of the function in every binary.
  static var name: String { get }
  /// The element in row `row`, column `column` of the whole matrix.
  static func value(row: Int, column: Int, _ arguments: Arguments) -> Element
}

extension TaskRegistry {
  /// This registry and a function of an element, for `map` of matrices and range vectors.
  public func adding<F: ElementFunction>(function: F.Type) -> TaskRegistry {
    adding([.map(MatrixFunctionMapTask<F>.self), .map(VectorFunctionTask<F>.self)])
  }

  /// This registry and a function of a row and a column, for `make` of matrices.
  public func adding<F: MatrixFunction>(matrixFunction: F.Type) -> TaskRegistry {
    adding([.map(MatrixFunctionTask<F>.self)])
  }
}

extension DistributedMatrix where Content == LocalMatrix<Element> {
  /// f of every element, cut and owned as A is; sparse tiles stay sparse where f(0) is zero. Nothing moves but
  /// f's arguments.
  ///
  /// - Parameter function: a function that the cluster's registry has (`TaskRegistry.adding(function:)`).
  /// - Throws: `ExecutionError`.
  public func map<F: ElementFunction<Element>>(_ function: F.Type, _ arguments: F.Arguments) async throws
    -> Self
  {
    let view = layout.view
    // Where zeros do not stay zeros every tile becomes dense.
    let storesAll = F.value(of: 0, arguments) != 0
    return Self(
      layout: Layout(layout.grid, view: MatrixView(isTransposed: view.isTransposed)),
      storedCount: storesAll ? shape.elementCount : storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(
        MatrixFunctionMapTask<F>.self, Viewed(MatrixView(isConjugated: view.isConjugated), arguments),
        over: tiles))
  }
}

/// Arguments, and how tiles are to be read.
struct Viewed<Arguments: WireCodable>: WireCodable {
  let view: MatrixView
  let arguments: Arguments

  init(_ view: MatrixView, _ arguments: Arguments) {
    self.view = view
    self.arguments = arguments
  }

  func encode(to writer: inout WireWriter) {
    view.encode(to: &writer)
    arguments.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    view = try MatrixView(from: &reader)
    arguments = try Arguments(from: &reader)
  }
}

enum MatrixFunctionMapTask<F: ElementFunction>: MapTask {
  typealias Arguments = Viewed<F.Arguments>
  typealias Input = LocalMatrix<F.Element>
  static var name: String { "map-matrix/\(F.name)" }

  static func run(_ viewed: Viewed<F.Arguments>, _ tile: LocalMatrix<F.Element>, tile t: Int) throws
    -> LocalMatrix<F.Element>
  {
    try viewed.view(tile).map { F.value(of: $0, viewed.arguments) }
  }
}

enum VectorFunctionTask<F: ElementFunction>: MapTask {
  typealias Arguments = F.Arguments
  typealias Input = VectorTile<F.Element>
  static var name: String { "map-vector/\(F.name)" }

  static func run(_ arguments: F.Arguments, _ tile: VectorTile<F.Element>, tile t: Int) -> VectorTile<
    F.Element
  > {
    VectorTile(tile.elements.map { F.value(of: $0, arguments) })
  }
}
