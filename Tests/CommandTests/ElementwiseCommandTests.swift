// tessera transpose, add, scale and partition: results as files, keys as documented.

import Foundation
import Testing

struct ElementwiseCommandTests {
  private static let sample = """
    %%MatrixMarket matrix coordinate real general
    3 4 4
    1 1 1.5
    2 4 -2
    3 2 4
    3 4 8

    """

  @Test(arguments: ["message-passing", "dataflow"]) func resultsAreThoseOfTheOperation(style: String) throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.mtx", Self.sample.utf8)
    let (turned, back, sum, scaled) = (
      scratch.path("t.mtx"), scratch.path("b.mtx"), scratch.path("s.mtx"), scratch.path("x.mtx")
    )
    let options = ["--json", "--workers", "3", "--partitions", "2", "--style", style]
    let transposed = try CommandRun(["transpose", a, turned] + options).json()
    #expect(transposed["rows"] as? Int == 4 && transposed["columns"] as? Int == 3)
    #expect(transposed["nonzeros"] as? Int == 4 && transposed["seconds"] is Double)
    _ = try CommandRun(["transpose", turned, back] + options).json()
    let added = try CommandRun(["add", a, back, sum] + options).json()
    #expect(added["nonzeros"] as? Int == 4)
    let doubled = try CommandRun(["scale", "2", a, scaled] + options).json()
    #expect(doubled["rows"] as? Int == 3 && doubled["columns"] as? Int == 4)
    for file in [sum, scaled] {
      let info = try CommandRun(["info", file, "--json"]).json()
      #expect(info["sum"] as? Double == 23 && info["oneNorm"] as? Double == 20)
    }
  }

  @Test func inputsWithoutANameAreReadAsTold() throws {
    let scratch = try ScratchFolder()
    let table = Data("1,2\n3,4\n".utf8)
    let run = try CommandRun(
      ["transpose", "-", "-", "--input-format", "csv", "--format", "csv"], input: table)
    #expect(run.exitCode == 0 && run.output == "1,3\n2,4\n", "\(run.errors)\(run.output)")
    let text = try scratch.write("a.txt", table)
    #expect(
      try CommandRun(["add", text, text, "-", "--input-format", "csv", "--format", "csv"]).output
        == "2,4\n6,8\n")
  }

  /// Whatever the workers hold them as: a matrix without rows, and one that has every entry, which takes fewer bytes
  /// as an array.
  @Test(arguments: [
    "0 5 0\n", "5 0 0\n", "0 0 0\n", "3 2 0\n", "2 2 4\n1 1 1\n1 2 2\n2 1 3\n2 2 4\n",
    "1 2 2\n1 1 0.5\n1 2 7\n",
  ]) func entriesStayEntries(text: String) throws {
    let scratch = try ScratchFolder()
    let head = "%%MatrixMarket matrix coordinate real general\n"
    let (a, t, x) = (
      try scratch.write("a.mtx", (head + text).utf8), scratch.path("t.mtx"), scratch.path("x.mtx")
    )
    func isList(_ path: String) throws -> Bool {
      try String(contentsOfFile: path, encoding: .utf8).hasPrefix(head)
    }
    #expect(try CommandRun(["transpose", a, t]).exitCode == 0 && isList(t))
    #expect(try CommandRun(["transpose", t, x]).exitCode == 0 && isList(x))
    #expect(try CommandRun(["diff", a, x]).exitCode == 0)
    #expect(try CommandRun(["scale", "2", a, x]).exitCode == 0 && isList(x))
    #expect(try CommandRun(["add", a, a, t]).exitCode == 0 && isList(t))
    #expect(try CommandRun(["diff", t, x]).exitCode == 0)
    let sparse = scratch.path("x.npz")
    #expect(try CommandRun(["transpose", a, sparse]).exitCode == 0)
    let info = try CommandRun(["info", "--header", sparse, "--json"]).json()
    #expect(info["storedEntries"] as? Int == Int(text.split(whereSeparator: \.isWhitespace)[2]))
    #expect(try CommandRun(["transpose", sparse, x]).exitCode == 0 && isList(x))
    #expect(try CommandRun(["diff", a, x]).exitCode == 0)
  }

  /// Zeros that are stored, and those that a factor or a sum makes, are entries of the results. The
  /// first matrix would be smaller as an array, the second stays sparse.
  @Test(arguments: ["message-passing", "dataflow"], [1, 3])
  func whatIsStoredStaysStored(style: String, workers: Int) throws {
    let scratch = try ScratchFolder()
    let head = "%%MatrixMarket matrix coordinate real general\n"
    let (full, sparse) = (
      "2 2 4\n1 1 0\n1 2 2\n2 1 -0\n2 2 4\n", "40 30 4\n1 1 0\n2 3 5\n40 1 -0\n40 30 0\n"
    )
    let options = ["--workers", "\(workers)", "--style", style]
    func entries(_ arguments: [String], input: String? = nil) throws -> Set<String> {
      let run = try CommandRun(arguments + options, input: Data((input ?? "").utf8))
      #expect(run.exitCode == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.first == "%%MatrixMarket matrix coordinate real general")
      return Set(lines.dropFirst(2).map(String.init))
    }
    for text in [full, sparse] {
      let a = try scratch.write("a.mtx", (head + text).utf8)
      let stored = text.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      let turned = Set(stored.map { "\($0[1]) \($0[0]) \($0[2])" })
      func mapped(_ value: (String) -> String) -> Set<String> {
        Set(stored.map { "\($0[0]) \($0[1]) \(value(String($0[2])))" })
      }
      #expect(try entries(["transpose", a, "-", "--format", "mtx"]) == turned)
      #expect(try entries(["transpose", "-", "-", "--format", "mtx"], input: head + text) == turned)
      #expect(try entries(["scale", "1", a, "-", "--format", "mtx"]) == mapped { $0 })
      #expect(
        try entries(["scale", "0", a, "-", "--format", "mtx", "--partitions", "2"])
          == mapped { $0 == "-0" ? "-0" : "0" })
      #expect(
        try entries(["add", a, a, "-", "--format", "mtx"])
          == mapped { ["0": "0", "-0": "-0", "2": "4", "4": "8", "5": "10"][$0] ?? "" })
      let minus = scratch.path("minus.mtx.gz")
      #expect(try CommandRun(["scale", "-1", a, minus]).exitCode == 0)
      #expect(
        try entries(["add", minus, a, "-", "--format", "mtx", "--partitions", "3"]) == mapped { _ in "0" })
      // Every format that keeps entries.
      for name in ["t.npz", "t.tar.gz"] {
        let kept = scratch.path(name)
        #expect(try CommandRun(["transpose", a, kept] + options).exitCode == 0)
        let header = try CommandRun(["info", "--header", kept, "--json"]).json()
        #expect(header["storedEntries"] as? Int == 4)
        #expect(try entries(["transpose", kept, "-", "--format", "mtx"]) == mapped { $0 })
      }
    }
    // Of both patterns the union.
    let (b, c) = (
      try scratch.write("b.mtx", (head + "3 3 2\n1 1 1\n2 2 0\n").utf8),
      try scratch.write("c.mtx", (head + "3 3 3\n1 1 -1\n3 1 0\n3 1 7\n").utf8)
    )
    #expect(try entries(["add", b, c, "-", "--format", "mtx"]) == ["1 1 0", "2 2 0", "3 1 7"])
  }

  @Test func aSumWithAnArrayIsAnArray() throws {
    let scratch = try ScratchFolder()
    let list = try scratch.write("a.mtx", Self.sample.utf8)
    let array = try scratch.write("b.csv", "1,1,1,1\n1,1,1,1\n1,1,1,1\n".utf8)
    for inputs in [[list, array], [array, list]] {
      let run = try CommandRun(["add"] + inputs + ["-", "--format", "csv"])
      #expect(run.output == "2.5,1,1,1\n1,1,1,-1\n1,5,1,9\n", "\(run.errors)")
      let sum = try CommandRun(["add"] + inputs + ["-", "--format", "mtx", "--partitions", "2"])
      #expect(sum.output.hasPrefix("%%MatrixMarket matrix array real general\n3 4\n2.5\n1\n1\n"))
    }
  }

  @Test(arguments: [
    ("-2", "-3,-6"), ("-.5", "-0.75,-1.5"), ("-1e-3", "-0.0015,-0.003"), ("+2", "3,6"), ("2", "3,6"),
  ]) func negativeNumbersAreFactors(factor: String, row: String) throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.csv", "1.5,3\n".utf8)
    let words = ["--format", "csv"]
    for arguments in [
      [factor, a, "-"] + words, words + [factor, a, "-"], [factor] + words + [a, "-"],
      words + ["--", factor, a, "-"],
    ] {
      let run = try CommandRun(["scale"] + arguments)
      #expect(run.exitCode == 0 && run.output == row + "\n", "\(arguments): \(run.errors)")
    }
  }

  @Test func complexFactorsMayBeNegative() throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.csv", "1.5,3\n".utf8)
    let run = try CommandRun(["scale", "-0,-1", a, "-", "--format", "mtx"])
    #expect(run.output.hasSuffix("1 2\n0 -1.5\n0 -3\n"), "\(run.output)\(run.errors)")
  }

  /// Each is refused as the number that it is.
  @Test(arguments: [
    (["scale", "-inf", "a.mtx", "-"], "'-inf' is not a finite number"),
    (["scale", "-nan", "a.mtx", "-"], "'-nan' is not a finite number"),
    (["solve", "a.mtx", "b.mtx", "x.mtx", "--tolerance", "-1e-3"], "--tolerance is -0.001"),
    (["svd", "a.mtx", "-k", "-3"], "-k is -3"),
    (["svd", "a.mtx", "--tolerance", "-1"], "--tolerance is -1.0"),
    (["diff", "a.mtx", "b.mtx", "--relative", "-1"], "--relative is -1.0"),
    (["stats", "a.mtx", "--ddof", "-1"], "--ddof is -1"),
    (["spy", "a.mtx", "--parts", "-2"], "--parts is -2"),
    (["svd", "a.mtx", "--partitions", "-1"], "--partitions is -1"),
    (["convert", "a.svm", "b.npy", "--feature-columns", "-1"], "--feature-columns cannot be negative"),
  ]) func negativeNumbersWhereNoneCanBeAreRefusedAsSuch(arguments: [String], message: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.exitCode == 64 && run.errors.contains(message), "\(run.errors)")
  }

  @Test func shapesThatDoNotFitAreBadData() throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.mtx", Self.sample.utf8)
    let turned = scratch.path("t.mtx")
    _ = try CommandRun(["transpose", a, turned, "--json"]).json()
    let run = try CommandRun(["add", a, turned, scratch.path("s.mtx")])
    #expect(run.exitCode == 65 && run.errors.contains("3 x 4") && run.errors.contains("4 x 3"))
    #expect(try CommandRun(["scale", "two", a, turned]).exitCode == 64)
  }

  @Test(arguments: ["nonzeros", "rows", "blocks", "cyclic"]) func partsAddUpToTheMatrix(by: String) throws {
    let result = try CommandRun(["partition", CommandRun.digits, "--parts", "6", "--by", by, "--json"]).json()
    let parts = try #require(result["parts"] as? [[String: Any]])
    #expect(parts.count == 6)
    #expect(parts.reduce(0) { $0 + ($1["nonzeros"] as? Int ?? 0) } == 58736)
    let imbalance = try #require(result["imbalance"] as? Double)
    #expect(imbalance >= 1 && imbalance < (by == "cyclic" ? 6.1 : 1.5))
    #expect(try #require(result["words"] as? Int) >= 5 * 64)
    let table = try CommandRun(["partition", CommandRun.digits, "--parts", "6", "--by", by])
    #expect(table.exitCode == 0 && table.output.contains("imbalance"))
    // Slabs have all columns.
    let scratch = try ScratchFolder()
    let square = scratch.path("a.mtx")
    #expect(try CommandRun(["generate", "poisson", "24x24", square]).exitCode == 0)
    let grid = try CommandRun(["partition", square, "--parts", "6", "--by", by]).output
    #expect(
      grid.contains("first rows") && grid.contains("first columns") == ["blocks", "cyclic"].contains(by))
  }

  @Test func aMatrixOfABillionRowsTakesWhatItsEntriesTake() throws {
    let scratch = try ScratchFolder()
    let n = 1_000_000_000
    let head = "%%MatrixMarket matrix coordinate real general\n"
    // (1, n) and (n, 2), which meet in A A.
    let a = try scratch.write("a.mtx", "\(head)\(n) \(n) 2\n1 \(n) 1.5\n\(n) 2 2\n".utf8)
    let out = scratch.path("out.mtx")
    func entries(_ arguments: [String]) throws -> Set<String> {
      let run = try CommandRun(arguments + ["--workers", "2"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
        .drop { $0.hasPrefix("%") }
      #expect(lines.first?.hasPrefix("\(n) \(n) ") == true)
      return Set(lines.dropFirst().map(String.init))
    }
    #expect(try entries(["transpose", a, out]) == ["\(n) 1 1.5", "2 \(n) 2"])
    #expect(try entries(["scale", "2", a, out]) == ["1 \(n) 3", "\(n) 2 4"])
    let turned = try scratch.write("t.mtx", "\(head)\(n) \(n) 2\n1 \(n) 1\n2 2 5\n".utf8)
    #expect(try entries(["add", a, turned, out]) == ["1 \(n) 2.5", "\(n) 2 2", "2 2 5"])
    for type in ["coordinate", "row", "block", "local-dense", "local-sparse"] {
      #expect(try entries(["multiply", a, a, out, "--left-as", type, "--right-as", type]) == ["1 2 3"])
    }
    for by in ["nonzeros", "rows", "blocks", "cyclic"] {
      let result = try CommandRun(["partition", a, "--parts", "4", "--by", by, "--json"]).json()
      let parts = try #require(result["parts"] as? [[String: Any]])
      #expect(parts.count == 4 && parts.reduce(0) { $0 + ($1["nonzeros"] as? Int ?? 0) } == 2)
    }
  }

  @Test func numbersOfPartsThatMakeNoSenseAreUsage() throws {
    #expect(try CommandRun(["partition", CommandRun.digits, "--parts", "0"]).exitCode == 64)
    #expect(try CommandRun(["partition", CommandRun.digits]).exitCode == 64)
  }
}
