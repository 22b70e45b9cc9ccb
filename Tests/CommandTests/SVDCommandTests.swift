// tessera svd: keys, bits, files, partial answers.

import Foundation
import Testing

struct SVDCommandTests {
  @Test func jsonHasTheDocumentedKeys() throws {
    let run = try CommandRun(["svd", CommandRun.digits, "-k", "3", "--json"])
    #expect(run.exitCode == 0)
    #expect(run.errors.isEmpty)
    let result = try run.json()
    #expect(
      Set(result.keys) == [
        "singularValues", "residuals", "converged", "method", "passes", "orthogonality", "unresolved",
        "reason", "predicted", "words", "seconds",
      ])
    let predicted = try #require(result["predicted"] as? [String: Any])
    #expect(Set(predicted.keys) == ["passes", "driverBytes", "workerBytes"])
    #expect((result["words"] as? [String: Any])?.keys.sorted() == ["predicted"])
    #expect(try #require(result["orthogonality"] as? Double) < 1e-13)
    #expect(result["converged"] as? Bool == true)
    #expect((result["singularValues"] as? [Double])?.count == 3)
    let residuals = try #require(result["residuals"] as? [Double])
    #expect(residuals.count == 3 && residuals.allSatisfy { $0 < 1e-8 * 2193 })
  }

  @Test(arguments: ["gram", "lanczos", "randomized", "tsqr"])
  func anyNumberOfWorkersGivesTheSameBits(method: String) throws {
    let scratch = try ScratchFolder()
    var values: [Data] = []
    var vectors: [Data] = []
    for workers in [1, 2, 3, 7] {
      let (s, v, u) = (scratch.path("s.npy"), scratch.path("v.npy"), scratch.path("u.npy"))
      let run = try CommandRun([
        "svd", CommandRun.digits, "-k", "5", "--method", method, "--workers", "\(workers)", "--values", s,
        "--right", v, "--left", u,
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
      values.append(try Data(contentsOf: URL(filePath: s)))
      vectors.append(try Data(contentsOf: URL(filePath: v)) + Data(contentsOf: URL(filePath: u)))
    }
    #expect(values.allSatisfy { $0 == values[0] })
    #expect(vectors.allSatisfy { $0 == vectors[0] })
  }

  @Test func moreValuesThanThereAreGivesAllAndSaysSo() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.mtx", "%%MatrixMarket matrix array real general\n1 1\n-3\n".utf8)
    let run = try CommandRun(["svd", file, "-k", "4", "--json"])
    #expect(run.exitCode == 0)
    #expect(try run.json()["singularValues"] as? [Double] == [3])
    #expect(run.errors.contains("1 singular values, not 4"))
  }

  @Test func emptyShapesHaveNoSingularValues() throws {
    let scratch = try ScratchFolder()
    for shape in ["0 5", "5 0", "0 0"] {
      let file = try scratch.write(
        "a.mtx", "%%MatrixMarket matrix coordinate real general\n\(shape) 0\n".utf8)
      let run = try CommandRun(["svd", file, "--json"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try run.json()["singularValues"] as? [Double] == [])
    }
  }

  @Test func whatDidNotConvergeIsSaidAndExitsWith65() throws {
    let run = try CommandRun([
      "svd", CommandRun.digits, "-k", "5", "--method", "randomized", "--passes", "2", "--json",
    ])
    #expect(run.exitCode == 65)
    #expect(run.errors.contains("of 5 singular values converged"))
    #expect(try run.json()["converged"] as? Bool == false)
  }

  @Test func lanczosRefusesInTheWordsOfTheUser() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n8 14 2\n1 1 1\n3 2 2\n".utf8)
    let run = try CommandRun(["svd", file, "-k", "10", "--method", "lanczos"])
    #expect(run.exitCode == 64)
    #expect(
      run.errors.contains("at most 6 of the 8 singular values of a matrix of 8 x 14, not 10"), "\(run.errors)"
    )
  }

  @Test func notANumberIsRefusedWithItsPlace() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n3 2 nan\n".utf8)
    let run = try CommandRun(["svd", file])
    #expect(run.exitCode == 65)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("row 3, column 2"))
  }

  @Test func standardInputIsAFile() throws {
    let text = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 3\n2 2 4\n"
    let run = try CommandRun(["svd", "-", "--json"], input: Data(text.utf8))
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.json()["singularValues"] as? [Double] == [4, 3])
  }

  @Test func traceIsJSON() throws {
    let scratch = try ScratchFolder()
    let trace = scratch.path("trace.json")
    let run = try CommandRun([
      "svd", CommandRun.digits, "--workers", "2", "--trace", trace, "--summary",
    ])
    #expect(run.exitCode == 0)
    #expect(run.errors.contains("gram-matrix/d"))
    _ = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: trace)))
  }

  @Test func theLedgerIsOfTheWorkerThatReceivesMost() throws {
    let arguments = ["svd", CommandRun.digits, "--workers", "3", "--method", "gram", "--ledger"]
    let run = try CommandRun(arguments + ["--json"])
    #expect(run.exitCode == 0)
    let ledger = try #require(try run.json()["ledger"] as? [String: Any])
    #expect(
      Set(ledger.keys) == [
        "worker", "measuredWords", "measuredPeakBytes", "messages", "payloadBytes", "headerBytes",
        "waitingSeconds", "operations",
      ])
    let operations = try #require(ledger["operations"] as? [[String: Any]])
    for key in ["measuredWords", "messages", "payloadBytes", "headerBytes"] {
      #expect(operations.reduce(0) { $0 + ($1[key] as? Int ?? 0) } == ledger[key] as? Int)
    }
    #expect(operations.contains { $0["name"] as? String == "reduce gram-matrix/d" })
    #expect(run.errors.contains("reduce gram-matrix/d") && run.errors.contains("most words"))
    let alone = try CommandRun(arguments + ["--json", "--workers", "1"]).json()["ledger"] as? [String: Any]
    #expect(alone?["measuredWords"] as? Int == 0)
  }

  @Test func screeIsSVG() throws {
    let scratch = try ScratchFolder()
    let picture = scratch.path("scree.svg")
    #expect(try CommandRun(["svd", CommandRun.digits, "--scree", picture]).exitCode == 0)
    #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg"))
  }

  @Test(arguments: ["lanczos", "randomized", "gram"]) func convergenceIsSVGWithALineForWhatIterates(
    method: String
  ) throws {
    let scratch = try ScratchFolder()
    let picture = scratch.path("convergence.svg")
    let run = try CommandRun([
      "svd", CommandRun.digits, "-k", "3", "--method", method, "--convergence", picture,
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let svg = try String(contentsOfFile: picture, encoding: .utf8)
    #expect(svg.hasPrefix("<svg") && svg.contains("triplets"))
    #expect(svg.contains("\(method): ") == (method != "gram"))
    #expect(
      try CommandRun(["svd", CommandRun.digits, "--convergence", scratch.path("c.png")]).exitCode == 64)
  }
}
