// tessera multiply: every pair of types writes the same product, under mpirun and over sockets too; plans are
// explained, forced and counted.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(30))) struct MultiplyCommandTests {
  /// Two factors in a folder: 23 x 40 dense and 40 x 31 sparse.
  private func factors(_ scratch: ScratchFolder) throws -> (a: String, b: String) {
    let (a, b) = (scratch.path("a.npy"), scratch.path("b.mtx"))
    #expect(try CommandRun(["generate", "dense", "23x40", a, "--seed", "1"]).exitCode == 0)
    #expect(
      try CommandRun(["generate", "sparse", "40x31", b, "--density", "0.2", "--seed", "2"]).exitCode == 0)
    return (a, b)
  }

  @Test func everyPairOfTypesWritesTheProduct() throws {
    let scratch = try ScratchFolder()
    let (a, b) = try factors(scratch)
    let types = ["coordinate", "row", "block", "local-dense", "local-sparse"]
    var first: [String: Any]?
    for left in types {
      for right in types {
        let out = scratch.path("c.npy")
        let run = try CommandRun([
          "multiply", a, b, out, "--left-as", left, "--right-as", right, "--block-size", "7", "--workers",
          "3",
          "--json",
        ])
        #expect(run.exitCode == 0, "\(left) x \(right): \(run.errors)")
        let result = try run.json()
        #expect(result["rows"] as? Int == 23 && result["columns"] as? Int == 31)
        #expect(result["resultType"] as? String != nil && result["plan"] as? String != nil)
        let info = try CommandRun(["info", out, "--json"]).json()
        let norm = try #require(info["frobeniusNorm"] as? Double)
        let expected = try #require((first ?? info)["frobeniusNorm"] as? Double)
        #expect(abs(norm - expected) < 1e-12 * expected, "\(left) x \(right)")
        first = first ?? info
      }
    }
  }

  /// What files do not say of themselves can be said of both factors, where it fits.
  @Test func factorsAreReadAsTold() throws {
    let scratch = try ScratchFolder()
    let table = try scratch.write("a.txt", "x;y\n1;2\n3;4\n".utf8)
    let learning = try scratch.write("b.svm", "1 0:1\n1 1:1\n".utf8)
    let options = ["--delimiter", ";", "--zero-based", "--feature-columns", "3", "--format", "csv"]
    let run = try CommandRun(["multiply", table, learning, "-", "--input-format", "csv"] + options)
    #expect(run.output == "1,2,0\n3,4,0\n", "\(run.errors)")
    let stream = try CommandRun(
      ["multiply", "-", learning, "-", "--input-format", "csv"] + options, input: Data("1;2\n".utf8))
    #expect(stream.output == "1,2,0\n", "\(stream.errors)")
    #expect(try CommandRun(["multiply", "-", "-", "-"] + options).exitCode == 64)
    let archive = scratch.path("c.npz")
    #expect(
      try CommandRun(["convert", table, archive, "--input-format", "csv", "--delimiter", ";"]).exitCode == 0)
    let member = ["multiply", archive, archive, "-", "--format", "csv", "--member"]
    #expect(try CommandRun(member + ["arr_0"]).output == "7,10\n15,22\n")
    #expect(try CommandRun(member + ["nothing"]).exitCode == 65)
  }

  @Test func plansAreExplainedForcedAndCounted() throws {
    let scratch = try ScratchFolder()
    let (a, out) = (scratch.path("a.npy"), scratch.path("c.npy"))
    #expect(try CommandRun(["generate", "dense", "64x64", a]).exitCode == 0)
    let product = ["multiply", a, a, out, "--block-size", "16", "--workers", "4"]
    let explained = try CommandRun(product + ["--explain"])
    #expect(explained.exitCode == 0 && explained.output.contains("lower bound"))
    #expect(try scratch.names() == ["a.npy"])
    // One worker has all: there is nothing to set against the bound.
    let alone = try CommandRun(product + ["--explain", "--plan", "1x1x1"])
    #expect(alone.exitCode == 0 && alone.output.contains("nothing moves") && !alone.output.contains("ratio"))
    let run = try CommandRun(product + ["--plan", "2x1x2", "--ledger", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let result = try run.json()
    #expect(result["plan"] as? String == "2x1x2")
    let ledger = try #require(result["ledger"] as? [String: Any])
    // 64 x 64 in four workers on a 2 x 2 grid: half of A and half of B twice over.
    #expect(ledger["predictedWords"] as? Int == 2048)
    #expect(ledger["measuredWords"] as? Int == 2048)
    #expect(try #require(ledger["lowerBoundWords"] as? Double) <= 2048)
    for key in ["messages", "headerBytes", "peakBytes"] { #expect(ledger[key] as? Int != nil, "\(key)") }
    #expect((ledger["operations"] as? [Any])?.isEmpty == false)
    #expect(try CommandRun(product + ["--plan", "64x1x1"]).exitCode == 64)
    #expect(try CommandRun(product + ["--plan", "two by two"]).exitCode == 64)
  }

  @Test(arguments: ["threads", "dataflow", "sockets", "mpi"])
  func whatMovesIsWhatIsPredictedOverEveryTransport(transport: String) throws {
    guard transport != "mpi" || MPITests.mpirun != nil else { return }
    let scratch = try ScratchFolder()
    let (dense, sparse, out) = (scratch.path("a.npy"), scratch.path("b.mtx"), scratch.path("c.mtx"))
    #expect(try CommandRun(["generate", "dense", "64x64", dense]).exitCode == 0)
    #expect(try CommandRun(["generate", "sparse", "64x64", sparse, "--density", "0.05"]).exitCode == 0)
    for (file, type, plan) in [
      (dense, "block", "2x1x2"), (dense, "block", "1x1x4"), (dense, "row", "4x1x1"), (sparse, "row", "4x1x1"),
      (sparse, "block", "2x1x2"), (sparse, "row", "4x1x1/touched"),
    ] {
      let arguments = [
        "multiply", file, file, out, "--left-as", type, "--right-as", type,
        "--block-size", "16", "--partitions", "8", "--plan", plan, "--ledger", "--json",
      ]
      let run =
        switch transport {
        case "mpi": try MPITests.run(ranks: 4, arguments)
        case "sockets": try CommandRun(arguments + ["--workers", "4", "--transport", "sockets"])
        case "dataflow": try CommandRun(arguments + ["--workers", "4", "--style", "dataflow"])
        default: try CommandRun(arguments + ["--workers", "4"])
        }
      #expect(run.exitCode == 0, "\(run.errors)")
      let ledger = try #require(try run.json()["ledger"] as? [String: Any])
      let (predicted, measured) = (ledger["predictedWords"] as? Int, ledger["measuredWords"] as? Int)
      #expect(try #require(predicted) > 0)
      // Without partial results on their way what is sparse is known exactly too. In dataflow the tasks of a worker that
      // is late may go elsewhere, and their inputs with them; when nobody is, `DataflowWordsTests` counts the same.
      #expect(
        transport == "dataflow" ? (measured ?? 0) > 0 : measured == predicted,
        "\(type) \(plan): \(String(describing: measured))")
    }
  }

  @Test func whatDoesNotFitTheMemoryIsRefusedWithARemedy() throws {
    let scratch = try ScratchFolder()
    let a = scratch.path("a.npy")
    #expect(try CommandRun(["generate", "dense", "64x64", a]).exitCode == 0)
    let run = try CommandRun([
      "multiply", a, a, scratch.path("c.npy"), "--block-size", "16", "--workers", "2", "--memory", "32K",
      "--explain",
    ])
    #expect(run.exitCode == 65 && run.errors.contains("32768 are available"), "\(run.errors)")
    #expect(run.errors.contains("it fits on"))
  }

  @Test func shapesThatDoNotFitAreBothNamed() throws {
    let scratch = try ScratchFolder()
    let a = scratch.path("a.npy")
    #expect(try CommandRun(["generate", "dense", "4x7", a]).exitCode == 0)
    let run = try CommandRun(["multiply", a, a, scratch.path("c.npy")])
    #expect(run.exitCode == 65)
    #expect(run.errors.contains("4 x 7"))
    #expect(try scratch.names() == ["a.npy"])
  }

  @Test func everyWayOfRunningWritesTheSameBytes() throws {
    let scratch = try ScratchFolder()
    let (a, b) = try factors(scratch)
    func bytes(_ more: [String], ranks: Int? = nil) throws -> Data {
      let out = scratch.path("c.npy")
      let arguments = [
        "multiply", a, b, out, "--left-as", "block", "--right-as", "row", "--block-size", "9",
      ]
      let run =
        if let ranks { try MPITests.run(ranks: ranks, arguments + more) } else {
          try CommandRun(arguments + more)
        }
      #expect(run.exitCode == 0, "\(more): \(run.errors)")
      return try Data(contentsOf: URL(filePath: out))
    }
    let expected = try bytes(["--workers", "1"])
    #expect(try bytes(["--workers", "4", "--style", "dataflow"]) == expected)
    #expect(try bytes(["--workers", "3", "--style", "dataflow", "--transport", "sockets"]) == expected)
    #expect(try bytes(["--workers", "2", "--transport", "sockets"]) == expected)
    if MPITests.mpirun != nil { #expect(try bytes([], ranks: 3) == expected) }
  }
}
