// How many elements are stored: in all, one integer from every worker; or in each tile.

import TesseraCommunication
import TesseraExecution
import TesseraPartitioning

/// How many elements each tile stores.
enum CountTask<Content: MatrixTile>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = Content
  static var name: String { "count/\(Content.typeName)" }

  static func run(_: Empty, _ tile: Content, tile t: Int) -> [Int] { [tile.storedCount] }
  static func combine(_ left: inout [Int], _ right: [Int], _: Empty) { left += right }
}

extension TileCollection where Element: MatrixTile {
  /// How many elements the tiles store. One step.
  ///
  /// - Throws: `ExecutionError`.
  func storedCount(on cluster: Cluster) async throws -> Int {
    tileCount == 0
      ? 0 : try await cluster.engine.reduce(StoredCountTask<Element>.self, Empty(), over: self)
  }
}

/// How many elements are stored. One integer from every worker.
enum StoredCountTask<Content: MatrixTile>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = Content
  static var name: String { "stored-count/" + Content.typeName }
  static func run(_: Empty, _ tile: Content, tile t: Int) -> Int { tile.storedCount }
  static func combine(_ left: inout Int, _ right: Int, _: Empty) { left += right }
}
