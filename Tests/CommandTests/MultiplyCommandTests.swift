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

  /// What the workers have read is cut, placed and multiplied as what the driver has read, stored zeros and entries at
  /// the same place too.
  @Test(arguments: ["coordinate", "row", "block"]) func factorsAreReadInPartsWhereTheyCanBe(type: String)
    throws
  {
    let scratch = try ScratchFolder()
    let (dense, sparse) = try factors(scratch)
    let repeated = try scratch.write(
      "r.mtx",
      "%%MatrixMarket matrix coordinate real symmetric\n40 40 5\n3 2 5\n9 9 1\n3 2 0.1\n9 1 0\n40 7 2\n".utf8)
    for (k, (a, b)) in [(dense, sparse), (repeated, sparse)].enumerated() {
      let packed = try [a, b].enumerated().map { (n, file) throws -> String in
        let other = scratch.path(file.hasSuffix(".npy") ? "\(k)\(n).npz" : "\(k)\(n).mtx.gz")
        #expect(try CommandRun(["convert", file, other]).exitCode == 0)
        return other
      }
      func product(_ inputs: [String], _ style: String) throws -> (Data, ledger: NSDictionary, trace: String)
      {
        let (out, trace) = (scratch.path("c.npy"), scratch.path("trace.json"))
        let run = try CommandRun(
          ["multiply"] + inputs + [
            out, "--left-as", type, "--right-as", type, "--partitions", "6", "--workers", "3", "--style",
            style,
            "--plan", "3x1x1", "--ledger", "--json", "--trace", trace,
          ] + (type == "block" ? ["--block-size", "9"] : []))
        #expect(run.exitCode == 0, "\(run.errors)")
        let ledger = try #require(try run.json()["ledger"] as? [String: Any])
        return (
          try Data(contentsOf: URL(filePath: out)),
          ["predicted": ledger["predictedWords"] ?? 0, "measured": ledger["measuredWords"] ?? 0],
          try String(contentsOfFile: trace, encoding: .utf8)
        )
      }
      let (whole, parts) = (try product(packed, "message-passing"), try product([a, b], "message-passing"))
      #expect(parts.0 == whole.0 && parts.ledger == whole.ledger, "\(parts.ledger), \(whole.ledger)")
      #expect(parts.ledger["predicted"] as? Int == parts.ledger["measured"] as? Int)
      func isReadByWorkers(_ trace: String) -> Bool {
        trace.contains("file-entries/") || trace.contains("file-rows/")
      }
      #expect(isReadByWorkers(parts.trace) && !isReadByWorkers(whole.trace))
      #expect(try product([a, b], "dataflow").0 == whole.0)
    }
  }

  @Test func theOutputMayBeAnInput() throws {
    let scratch = try ScratchFolder()
    for style in ["message-passing", "dataflow"] {
      let a = try scratch.write(
        "a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 3\n2 1 4\n".utf8)
      let run = try CommandRun(["multiply", a, a, a, "--workers", "2", "--style", style])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try CommandRun(["convert", a, "-", "--format", "csv"]).output == "9,0\n12,0\n")
    }
    let a = scratch.path("a.mtx")
    #expect(try CommandRun(["multiply", a, a, scratch.path("c.mtx"), "--trace", a]).exitCode == 64)
  }

  /// The memory that a refusal names.
  private func memoryNamed(in errors: String) throws -> String {
    let digits = try #require(errors.range(of: "--memory ")).upperBound
    return String(errors[digits...].prefix { $0.isNumber })
  }

  @Test func aProductOfTheDriversKeepsToItsMemory() throws {
    let scratch = try ScratchFolder()
    let (dense, sparse) = try factors(scratch)
    for type in ["local-dense", "local-sparse"] {
      let product = ["multiply", dense, sparse, scratch.path("c.npy"), "--left-as", type, "--right-as", type]
      let run = try CommandRun(product + ["--memory", "4K"])
      #expect(run.exitCode == 65 && run.errors.contains("4096 are available"), "\(run.errors)")
      #expect(try scratch.names() == ["a.npy", "b.mtx"])
      let memory = try memoryNamed(in: run.errors)
      let explained = try CommandRun(product + ["--memory", memory, "--explain"])
      #expect(explained.exitCode == 0 && explained.output.contains("memory: "), "\(explained.errors)")
    }
  }

  /// Finer pieces of sparse factors take more memory: only what has been found to fit is advised.
  @Test func whatARefusalOfSparseFactorsAdvisesFits() throws {
    let scratch = try ScratchFolder()
    let a = scratch.path("a.mtx")
    #expect(try CommandRun(["generate", "sparse", "3000x3000", a, "--density", "0.0016"]).exitCode == 0)
    let product = ["multiply", a, a, "--left-as", "coordinate", "--workers", "2", "--explain"]
    let run = try CommandRun(product + ["--memory", "600K"])
    #expect(run.exitCode == 65 && !run.errors.contains("--partitions"), "\(run.errors)")
    #expect(try CommandRun(product + ["--memory", try memoryNamed(in: run.errors)]).exitCode == 0)
  }

  @Test(arguments: ["1x1", "0x1x1", "2x1x1/rows:1", "1X1X2"]) func whatIsNoPlanIsToldItsForm(plan: String)
    throws
  {
    let run = try CommandRun(["multiply", "a.npy", "a.npy", "--explain", "--plan", plan])
    #expect(
      run.exitCode == 64
        && run.errors.contains("'\(plan)' is invalid for '--plan <plan>': expected local, or a grid"))
  }

  @Test func whatPiecesAreMissingIsSaid() throws {
    let scratch = try ScratchFolder()
    let (dense, sparse) = (scratch.path("a.npy"), scratch.path("s.mtx"))
    #expect(try CommandRun(["generate", "dense", "64x64", dense]).exitCode == 0)
    #expect(try CommandRun(["generate", "sparse", "64x64", sparse, "--density", "0.05"]).exitCode == 0)
    let whole = ["multiply", dense, dense, "--workers", "2", "--explain"]
    let forced = try CommandRun(whole + ["--plan", "2x1x1"])
    #expect(forced.exitCode == 64 && forced.errors.contains("--block-size"), "\(forced.errors)")
    #expect(try CommandRun(whole).output.contains("1x1x1: one worker, 1 cell\n"))
    let few = ["multiply", sparse, sparse, "--workers", "6", "--plan", "4x1x1"]
    let explained = try CommandRun(few + ["--explain"])
    #expect(
      explained.output.contains("only 4 of 6 workers have work"), "\(explained.output)\(explained.errors)")
    let run = try CommandRun(few + [scratch.path("c.mtx")])
    #expect(run.errors.contains("only 4 of 6 workers have work") && run.errors.contains("--partitions"))
    let more = try CommandRun(few + ["--explain", "--partitions", "6"])
    #expect(more.exitCode == 0 && !more.output.contains("have work"), "\(more.errors)")
  }

  @Test func optionsThatNeitherFactorUsesAreNoted() throws {
    let scratch = try ScratchFolder()
    let (a, b) = try factors(scratch)
    func notes(_ left: String, _ right: String) throws -> String {
      try CommandRun([
        "multiply", a, b, "--explain", "--left-as", left, "--right-as", right, "--block-size", "7",
        "--partitions",
        "3", "--workers", "1",
      ]).errors
    }
    #expect(
      try notes("row", "row") == "tessera: --block-size is not used: neither factor is block or coordinate\n")
    for left in ["block", "coordinate"] {
      #expect(
        try notes(left, "block")
          == "tessera: --partitions is not used: neither factor is cut in slabs of rows\n")
    }
    #expect(try notes("row", "block").isEmpty)
  }
}
