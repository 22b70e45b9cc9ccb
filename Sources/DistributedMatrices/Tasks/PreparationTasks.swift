// Slabs made ready for being read many times, from slabs or straight from a seed, and back. Nothing moves.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum PreparationTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("preparation", S.self) }

  static func run(_: Empty, _ slab: LocalMatrix<S>, tile: Int) -> PreparedSlab<S> { PreparedSlab(slab) }
}

/// The slab that a seed gives, ready: what is held in the other form beside it is one slab.
enum PreparedGenerationTask<S: Scalar>: MapTask {
  typealias Arguments = Generation
  typealias Input = TilePlaces
  static var name: String { scalarName("prepared-generation", S.self) }

  static func run(_ what: Generation, _ places: TilePlaces, tile: Int) throws -> PreparedSlab<S> {
    PreparedSlab(try GenerationTask<S>.run(what, places, tile: tile))
  }
}

enum RestorationTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = PreparedSlab<S>
  static var name: String { scalarName("restoration", S.self) }

  static func run(_: Empty, _ slab: PreparedSlab<S>, tile: Int) -> LocalMatrix<S> { slab.local }
}

enum PreparedScalingTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = PreparedSlab<S>
  static var name: String { scalarName("prepared-scaling", S.self) }

  static func run(_ alpha: VectorTile<S>, _ slab: PreparedSlab<S>, tile: Int) throws -> PreparedSlab<S> {
    guard let factor = alpha.elements.first else {
      throw CommunicationError.malformed(expected: "a factor")
    }
    return switch slab {
    case .grouped(let a): .grouped(factor * a)
    case .plain(let a): .plain(try ScalingTask.run(alpha, a, tile: tile))
    }
  }
}

/// The number of stored elements.
enum PreparedCountTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = PreparedSlab<S>
  static var name: String { scalarName("prepared-count", S.self) }

  static func run(_: Empty, _ slab: PreparedSlab<S>, tile: Int) -> Int { slab.storedCount }

  static func combine(_ left: inout Int, _ right: Int, _: Empty) { left += right }
}
