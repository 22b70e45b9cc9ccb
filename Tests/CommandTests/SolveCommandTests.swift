// tessera solve: keys, files, exit codes.

import Foundation
import Testing

struct SolveCommandTests {
  private func system(_ scratch: borrowing ScratchFolder) throws -> (a: String, b: String, x: String) {
    let a = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n1 1 4\n2 1 1\n2 2 3\n".utf8)
    let b = try scratch.write("b.mtx", "%%MatrixMarket matrix array real general\n2 1\n1\n2\n".utf8)
    return (a, b, scratch.path("x.mtx"))
  }

  @Test(arguments: ["auto", "direct", "lu", "cholesky", "tsqr", "cg", "minres", "gmres", "lsmr"])
  func everyMethodSolvesASmallSystem(method: String) throws {
    let scratch = try ScratchFolder()
    let (a, b, x) = try system(scratch)
    let run = try CommandRun(["solve", a, b, x, "--method", method, "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let result = try run.json()
    #expect(Set(["residual", "iterations", "method", "seconds"]).isSubset(of: Set(result.keys)))
    #expect(try #require(result["residual"] as? Double) < 1e-9)
    let lines = try String(contentsOfFile: x, encoding: .utf8).split(separator: "\n").dropFirst(2)
    let values = lines.compactMap(Double.init)
    #expect(values.count == 2 && abs(values[0] - 1.0 / 11) < 1e-9 && abs(values[1] - 7.0 / 11) < 1e-9)
  }

  @Test func systemsAreReadAsTold() throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.txt", "4;1\n1;3\n".utf8)
    let b = try scratch.write("b.svm", "1 0:5\n1 0:4\n".utf8)
    let run = try CommandRun([
      "solve", a, b, "-", "--format", "tsv", "--input-format", "csv", "--delimiter", ";", "--zero-based",
    ])
    let found = run.output.split(separator: "\n").compactMap { Double($0) }
    #expect(found.count == 2 && found.allSatisfy { abs($0 - 1) < 1e-14 }, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("residual"))
    // Nobody knows how many columns a table has that is read with another character between them.
    #expect(try CommandRun(["solve", a, b, "-", "--format", "tsv", "--input-format", "csv"]).exitCode == 65)
    #expect(try CommandRun(["solve", "-", "-", "-", "--format", "tsv"]).exitCode == 64)
  }

  @Test func anIterationThatDoesNotConvergeExitsWith65() throws {
    let scratch = try ScratchFolder()
    let (a, b, x) = try system(scratch)
    let run = try CommandRun(["solve", a, b, x, "--method", "cg", "--limit", "1", "--json"])
    #expect(run.exitCode == 65)
    #expect(run.errors.contains("not converged: the limit of steps was reached"))
    #expect(try run.json()["converged"] as? Bool == false)
    #expect(FileManager.default.fileExists(atPath: x))
  }

  @Test func numbersNearTheEndsOfTheRangeAreSolved() throws {
    let scratch = try ScratchFolder()
    let (_, b, x) = try system(scratch)
    for size in ["4e305", "1.2e-308"] {
      let a = try scratch.write(
        "a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 \(size)\n2 2 \(size)\n".utf8)
      let run = try CommandRun(["solve", a, b, x, "--json"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try #require(run.json()["residual"] as? Double) < 1e-14)
    }
    // 1 / 4e-310 is no number.
    let a = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 4e-310\n2 2 4e-310\n".utf8)
    let run = try CommandRun(["solve", a, b, x, "--json"])
    #expect(run.exitCode == 65 && run.errors.contains("leaves the range of the scalar"), "\(run.errors)")
  }

  @Test func matricesAreCalledNotHermitianInTheirOwnNumbers() throws {
    let scratch = try ScratchFolder()
    let (_, b, x) = try system(scratch)
    let a = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix array real general\n2 2\n4e300\n1e300\n2e300\n4e300\n".utf8)
    let run = try CommandRun(["solve", a, b, x, "--method", "cholesky"])
    #expect(run.exitCode == 64 && run.errors.contains("by up to 0.25 times the largest"), "\(run.errors)")
  }

  @Test func aFactorizationThatDoesNotExistNamesItsColumn() throws {
    let scratch = try ScratchFolder()
    let (_, b, x) = try system(scratch)
    func matrix(_ numbers: [Int]) throws -> String {
      try scratch.write(
        "s.mtx",
        ("%%MatrixMarket matrix array real general\n2 2\n" + numbers.map { "\($0)\n" }.joined()).utf8)
    }
    let singular = try CommandRun(["solve", try matrix([1, 2, 2, 4]), b, x, "--method", "lu"])
    #expect(singular.exitCode == 65 && singular.errors.contains("pivot 2 vanishes"), "\(singular.errors)")
    let indefinite = try CommandRun(["solve", try matrix([1, 2, 2, 1]), b, x, "--method", "cholesky"])
    #expect(
      indefinite.exitCode == 65 && indefinite.errors.contains("minor of order 2"), "\(indefinite.errors)")
    #expect(!FileManager.default.fileExists(atPath: x))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let scratch = try ScratchFolder()
    let (a, b, x) = try system(scratch)
    let long = try scratch.write("c.mtx", "%%MatrixMarket matrix array real general\n3 1\n1\n2\n3\n".utf8)
    let mismatch = try CommandRun(["solve", a, long, x])
    #expect(mismatch.exitCode == 65 && mismatch.errors.contains("2 x 2 and 3 x 1"), "\(mismatch.errors)")
    #expect(try CommandRun(["solve", a, b, x, "--preconditioner", "diagonal"]).exitCode == 64)
    #expect(try CommandRun(["solve", a, b, a]).exitCode == 64)
    let wide = try scratch.write(
      "w.mtx", "%%MatrixMarket matrix coordinate real general\n2 5 2\n1 1 1\n2 2 1\n".utf8)
    for method in ["lu", "cholesky", "direct", "cg"] {
      let run = try CommandRun(["solve", wide, b, x, "--method", method])
      #expect(run.exitCode == 64 && run.errors.contains("needs a square matrix, not 2 x 5"), "\(run.errors)")
    }
    #expect(try CommandRun(["solve", scratch.path("none.mtx"), b, x]).exitCode == 66)
    #expect(!FileManager.default.fileExists(atPath: x))
  }
}
