// Arguments come from another process: what fits no tile ends in an error of the step, and the cluster goes
// on.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDistributedMatrices

struct MalformedArgumentTests {
  @Test(arguments: [1, 3]) func argumentsThatFitNoTileAreRefused(workers: Int) async throws {
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      var generator = SeededGenerator(seed: 1)
      let local: DenseMatrix<Double> = generator.dense(9, 4)
      let a = try await RowMatrix(.dense(local), partitions: 4, on: cluster)
      let engine = cluster.engine
      for (width, count) in [(2, 4), (-1, 4), (Int.max, 4), (1, 0)] {
        await refused {
          let panel = Panel<Double>(width: width, elements: [Double](repeating: 1, count: count))
          _ = try await engine.reduce(GramProductTask<LocalMatrix<Double>>.self, panel, over: a.tiles)
        }
      }
      await refused {
        _ = try await engine.reduce(InspectionTask<LocalMatrix<Double>>.self, [0], over: a.tiles)
      }
      await refused { _ = try await engine.map(ScalingTask<Double>.self, VectorTile([]), over: a.tiles) }
      let elsewhere = Redistribution(
        from: Layout(Partitioning(rows: 9, columns: 4, blockSize: 3)), to: Partitioning(whole: 9, 4))
      await refused {
        typealias Task = RedistributionTask<LocalMatrix<Double>, LocalMatrix<Double>>
        _ = try await engine.exchange(Task.self, elsewhere, over: a.tiles, into: 1)
      }
      let cells = try await engine.place(
        (0..<workers).map { TileCell([PlacedTile($0, 0, local.rowMajor())]) })
      await refused {
        var panel = PanelSolve<Double>(0, DenseMatrix(identity: 3))
        panel.row = TriangleView(isUpper: true)
        _ = try await engine.map(PanelSolveTask<Double>.self, panel, over: cells)
      }
      await refused {
        let grid = CellGrid(Partitioning(rows: 8, columns: 4, blockSize: 4), workers: workers)
        _ = try await engine.reduce(TournamentTask<Double>.self, Tournament(grid, 0), over: cells)
      }
      let x: [Double] = generator.vector(4)
      #expect(try await a.applyGram(x).count == 4)
    }
  }

  private func refused(_ step: () async throws -> Void) async {
    await #expect(throws: ExecutionError.self) { try await step() }
  }
}
