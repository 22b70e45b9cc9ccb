// y + A'(A x), of the three published shapes cut down: over rows grouped by length beside the fastest loop we know for
// that format, and over compressed rows beside the loop for those.

import BenchSupport
import CKernels
import Tessera

extension BenchKernels {
  func fused(_ report: inout BenchReport) throws {
    for (columns, mean) in [(38_000, 2.217), (49_000, 6.984), (4_000, 17.02)] {
      let rows = Int(Double(millions) * 1e6 / mean)
      let a: SparseMatrix<Double> = try MatrixGenerator.sparse(
        Shape(rows, columns), density: mean / Double(columns), seed: 1)
      let x: [Double] = CounterBasedRandom(seed: 2).symmetricVector(count: columns)
      let name = "fused A'(A x), \(rows) x \(columns), \(mean) a row"
      for count in threadCounts { try grouped("\(name), grouped rows", a, x, threadCount: count, &report) }
      try compressed("\(name), compressed rows", a, x, &report)
    }
  }

  private func grouped(
    _ name: String, _ a: SparseMatrix<Double>, _ x: [Double], threadCount: Int, _ report: inout BenchReport
  ) throws {
    let title = "\(name), \(threads(threadCount))"
    // Each thread has rows and sums of its own, as workers have.
    let shares = try (0..<threadCount).map { k in
      let cut = a.rows * k / threadCount..<a.rows * (k + 1) / threadCount
      return Share(GroupedRows(try a[cut, 0..<a.columns]), x)
    }
    let loops = shares.map { Share($0.input, [Double](repeating: 0, count: 2 * a.columns)) }
    let width = 8
    let panel: [Double] = CounterBasedRandom(seed: 2).symmetricVector(count: width * a.columns)
    let times = medians(rounds, 3) { alternative in
      seconds {
        onThreads(threadCount) { k in
          switch alternative {
          case 0:
            shares[k].output = [Double](repeating: 0, count: x.count)
            shares[k].input.addGramProduct(x, width: 1, to: &shares[k].output)
          case 1:
            let rows = loops[k].input
            guard case .narrow(let indices) = rows.indices else { return }
            loops[k].output.withUnsafeMutableBufferPointer { pairs in
              for j in x.indices { (pairs[2 * j], pairs[2 * j + 1]) = (x[j], 0) }
              reference_grouped_gram(
                rows.lengths.count, rows.lengths, rows.counts, indices, rows.values, pairs.baseAddress)
            }
          default:
            var y = [Double](repeating: 0, count: panel.count)
            shares[k].input.addGramProduct(panel, width: width, to: &y)
          }
        }
      }
    }
    for (ours, loop) in zip(shares, loops) {
      guard x.indices.allSatisfy({ ours.output[$0] == loop.output[2 * $0 + 1] }) else {
        throw WrongResult(name: title)
      }
    }
    let nonzeros = Double(a.nonzeroCount)
    let rate = Row.Rate.giga(nonzeros, in: times[0], "Gnz/s")
    report.add(
      Row(
        title, seconds: times[0], rate: rate,
        reference: .init("C loop of the format", seconds: times[1]), limits: .atMost(1 / 0.8)))
    let machine = MachineRates(threadCount: threadCount)
    report.add(
      Row(
        title, seconds: times[0], rate: rate,
        reference: .init(
          "its bytes read, its gathers made",
          seconds: max(machine.reading(10 * nonzeros), machine.gathering(2 * nonzeros, rows: 2 * a.columns))))
    )
    report.add(
      Row(
        "\(title), \(width) vectors at once", seconds: times[2],
        reference: .init("\(width) passes", seconds: Double(width) * times[0])))
  }

  private func compressed(
    _ name: String, _ a: SparseMatrix<Double>, _ x: [Double], _ report: inout BenchReport
  ) throws {
    let matrix = LocalMatrix.sparse(a)
    var (ours, loop): ([Double], [Double]) = ([], [])
    let times = inTurn(rounds) {
      ours = [Double](repeating: 0, count: x.count)
      matrix.addGramProduct(x, width: 1, to: &ours)
    } _: {
      loop = [Double](repeating: 0, count: x.count)
      reference_rows_gram(a.rows, a.offsets, a.indices, a.storage, x, &loop)
    }
    guard ours == loop else { throw WrongResult(name: name) }
    report.add(
      Row(
        "\(name), 1 thread", seconds: times[0],
        rate: .giga(Double(a.nonzeroCount), in: times[0], "Gnz/s"),
        reference: .init("C loop of the format", seconds: times[1]), limits: .atMost(1 / 0.8)))
  }
}
