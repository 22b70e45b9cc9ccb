// bench-kernels: the local kernels through the public interface, from another module, on one thread and with one on
// every processor: beside the loop in C that one would write by hand for the format, beside the plain library, and
// beside what bounds them, bytes over the memory's bandwidth and gathers over the rate of gathers.

import ArgumentParser
import BenchSupport
import CBLAS
import Tessera

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  /// A'(A x), each row read once.
  case fused
  /// Sparse times vector.
  case vector
  /// Sparse times a dense panel.
  case panel
  /// Sparse times sparse.
  case sparse
  /// Dense times dense.
  case dense
  /// Random sparse matrices.
  case generation
}

@main
struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-kernels",
    abstract: "Measure the local kernels beside loops in C, plain libraries and the machine's limits.")

  @Option(help: "Order of the sparse matrices that are multiplied.") var order = 1_000_000
  @Option(help: "Millions of entries of each matrix for fused passes.") var millions = 18
  @Option(help: "Order of the dense product.") var denseOrder = 1024
  @Option(help: "Rounds; medians count.") var rounds = 5
  @OptionGroup var python: PythonChoice
  @OptionGroup var output: OutputChoice
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func validate() throws {
    guard order >= 1, millions >= 1, denseOrder >= 1, rounds >= 1 else {
      throw ValidationError("nothing to measure")
    }
    try refuseMPIJob()
  }

  func run() throws {
    openblas_set_num_threads(1)
    var report = BenchReport("bench-kernels")
    let products = parts.contains { [.vector, .panel, .sparse].contains($0) } ? SparseProducts(self) : nil
    for part in parts {
      switch part {
      case .fused: try fused(&report)
      case .vector: try products?.vector(&report)
      case .panel: try products?.panel(&report)
      case .sparse: try products?.sparse(&report)
      case .dense: try dense(&report)
      case .generation: generation(&report)
      }
    }
    try report.print(output)
  }

  private func dense(_ report: inout BenchReport) throws {
    let n = denseOrder
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
    let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 2)
    var c = [Double](repeating: 0, count: n * n)
    var product = DenseMatrix<Double>(zeros: 0, 0)
    let times = try medians(2 * rounds + 1, 2) { k in
      k == 0
        ? try seconds { product = try a * b }
        : dgemmSeconds(order: n, a.storage, b.storage, into: &c, threadCount: 1)
    }
    guard product.storage == c else { throw WrongResult(name: "dense product") }
    report.add(
      Row(
        "dense product of order \(n), 1 thread", seconds: times[0],
        rate: .giga(2 * Double(n * n * n), in: times[0], "GFLOP/s"),
        reference: .init("dgemm", seconds: times[1]), limits: .atMost(1.05)))
  }

  private func generation(_ report: inout BenchReport) {
    for (columns, mean) in [(38_000, 2.217), (4_000, 17.02)] {
      let rows = Int(4e6 / mean)
      var nonzeros = 0
      let time = medianSeconds(rounds) {
        let a: SparseMatrix<Double>? = try? MatrixGenerator.sparse(
          Shape(rows, columns), density: mean / Double(columns), seed: 1)
        nonzeros = a?.nonzeroCount ?? 0
      }
      report.add(
        Row(
          "random rows of \(mean) entries, 1 thread", seconds: time,
          rate: .giga(Double(nonzeros), in: time, "Gnz/s")))
    }
  }
}

/// A kernel does not compute what the reference does.
struct WrongResult: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name): the result is not the reference's" }
}
