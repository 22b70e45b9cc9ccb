// tessera info, convert, generate and spy.

import Foundation
import Testing

struct FileCommandTests {
  /// What a shell offers behind a subcommand that takes a file, and behind an option that takes one of a few words.
  @Test(arguments: ["info", "norm", "diff", "convert", "transpose", "add", "spy", "svd", "multiply"])
  func shellsCompleteFilesAndWords(command: String) throws {
    let scratch = try ScratchFolder()
    _ = try scratch.write("matrix.mtx", "".utf8)
    let script = try scratch.write(
      "completions", try CommandRun(["--generate-completion-script", "bash"]).output.utf8)
    func offered(_ words: [String]) throws -> String {
      let run = try CommandRun(
        [
          "-c",
          """
          source "$1"; cd "$2"; shift 2
          COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
          _tessera tessera "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"; echo "${COMPREPLY[@]}"
          """, "bash", script, scratch.url.path,
        ] + words, path: "/bin/bash")
      return run.output
    }
    #expect(try offered(["tessera", command, "mat"]) == "matrix.mtx\n")
    #expect(try offered(["tessera", command, "--prog"]).hasPrefix("--progress"))
    #expect(try offered(["tessera", command, "--progress", "al"]) == "always\n")
  }

  @Test func infoHasTheDocumentedKeys() throws {
    let result = try CommandRun(["info", CommandRun.digits, "--json"]).json()
    let keys: Set = [
      "rows", "columns", "nonzeros", "symmetry", "scalar", "format", "frobeniusNorm", "oneNorm",
      "infinityNorm", "sum", "seconds",
    ]
    #expect(keys.isSubset(of: result.keys))
    #expect(result["rows"] as? Int == 1797)
    #expect(result["columns"] as? Int == 64)
    #expect(result["nonzeros"] as? Int == 58736)
    #expect(result["format"] as? String == "mtx")
    let header = try CommandRun(["info", CommandRun.digits, "--header", "--json"]).json()
    #expect(header["nonzeros"] as? Int == 58736)
    #expect(header["sum"] == nil)
  }

  @Test func specialNumbersAreJSONStrings() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate complex general\n1 2 2\n1 1 1 2\n1 2 -inf nan\n".utf8)
    let result = try CommandRun(["info", file, "--json"]).json()
    #expect(result["frobeniusNorm"] as? String == "nan")
    let sum = try #require(result["sum"] as? [String])
    #expect(sum == ["-inf", "nan"])
  }

  @Test func hugeShapesOfFewEntriesCostLittle() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx",
      "%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 2\n1 1 3\n2000000000 1 4\n".utf8
    )
    let result = try CommandRun(["info", file, "--json"]).json()
    #expect(result["frobeniusNorm"] as? Double == 5)
    #expect(result["oneNorm"] as? Double == 7)
    #expect(result["infinityNorm"] as? Double == 4)
    let svd = try CommandRun(["svd", file])
    #expect(svd.exitCode == 65)
    #expect(svd.errors.contains("bytes"))
  }

  @Test func conversionsThereAndBackKeepEveryBit() throws {
    let scratch = try ScratchFolder()
    let (npy, text, again) = (scratch.path("a.npy"), scratch.path("a.csv.gz"), scratch.path("b.npy"))
    #expect(try CommandRun(["generate", "dense", "37x11", npy, "--seed", "3"]).exitCode == 0)
    #expect(try CommandRun(["convert", npy, text]).exitCode == 0)
    #expect(try CommandRun(["convert", text, again]).exitCode == 0)
    #expect(try Data(contentsOf: URL(filePath: npy)) == Data(contentsOf: URL(filePath: again)))
    // Onto itself, too.
    #expect(try CommandRun(["convert", again, again]).exitCode == 0)
    #expect(try Data(contentsOf: URL(filePath: npy)) == Data(contentsOf: URL(filePath: again)))
    #expect(try scratch.names() == ["a.csv.gz", "a.npy", "b.npy"])
  }

  @Test func symmetryIsKeptBetweenMatrixMarketFiles() throws {
    let scratch = try ScratchFolder()
    let (a, b) = (scratch.path("a.mtx"), scratch.path("b.mtx"))
    #expect(try CommandRun(["generate", "poisson", "6x7", a]).exitCode == 0)
    #expect(try CommandRun(["convert", a, b]).exitCode == 0)
    #expect(try CommandRun(["info", b, "--json"]).json()["symmetry"] as? String == "symmetric")
    #expect(try Data(contentsOf: URL(filePath: a)) == Data(contentsOf: URL(filePath: b)))
  }

  @Test func theSeedMakesTheMatrix() throws {
    let scratch = try ScratchFolder()
    let paths = ["1", "1", "2"].enumerated().map { ($1, scratch.path("\($0).mtx")) }
    for (seed, path) in paths {
      let run = try CommandRun(["generate", "sparse", "200x50", path, "--density", "0.05", "--seed", seed])
      #expect(run.exitCode == 0)
    }
    let files = try paths.map { try Data(contentsOf: URL(filePath: $0.1)) }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
  }

  @Test func spyDrawsInTheTerminalAndAsSVG() throws {
    let scratch = try ScratchFolder()
    let terminal = try CommandRun(["spy", CommandRun.digits])
    #expect(terminal.exitCode == 0)
    #expect(terminal.output.contains("⣿") && !terminal.output.hasSuffix("\n\n"))
    let picture = scratch.path("spy.svg")
    #expect(try CommandRun(["spy", CommandRun.digits, picture, "--partitions", "4"]).exitCode == 0)
    #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg"))
    let square = scratch.path("a.mtx")
    #expect(try CommandRun(["generate", "poisson", "12x12", square]).exitCode == 0)
    let pictures = try ["row", "block"].map { partition in
      let drawing = ["spy", square, picture, "--partition", partition, "--parts", "4"]
      #expect(try CommandRun(drawing).exitCode == 0)
      return try String(contentsOfFile: picture, encoding: .utf8)
    }
    #expect(pictures[0] != pictures[1])
    #expect(try CommandRun(["spy", CommandRun.digits, "--partition", "coordinate"]).exitCode == 64)
  }

  @Test func labelsLeaveAndEnterLearningFiles() throws {
    let scratch = try ScratchFolder()
    let learning = try scratch.write("a.svm", "1.5 1:2\n-1 2:3\n".utf8)
    let (features, labels, again) = (scratch.path("x.mtx"), scratch.path("y.csv"), scratch.path("b.svm"))
    #expect(try CommandRun(["convert", learning, features, "--labels", labels]).exitCode == 0)
    #expect(try String(contentsOfFile: labels, encoding: .utf8) == "1.5\n-1\n")
    #expect(try CommandRun(["convert", features, again, "--labels", labels]).exitCode == 0)
    #expect(try String(contentsOfFile: again, encoding: .utf8) == "1.5 1:2\n-1 2:3\n")
    #expect(try CommandRun(["convert", features, scratch.path("c.csv"), "--labels", labels]).exitCode == 64)
    let wrong = try scratch.write("z.csv", "1\n2\n3\n".utf8)
    #expect(try CommandRun(["convert", features, again, "--labels", wrong]).exitCode == 65)
    #expect(try String(contentsOfFile: again, encoding: .utf8) == "1.5 1:2\n-1 2:3\n")
  }

  @Test func simpleKindsAreWhatTheyAreCalled() throws {
    let scratch = try ScratchFolder()
    let file = scratch.path("a.csv")
    #expect(try CommandRun(["generate", "laplacian", "3x3", file]).exitCode == 0)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "2,-1,0\n-1,2,-1\n0,-1,2\n")
    #expect(try CommandRun(["generate", "identity", "2x3", file]).exitCode == 0)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "1,0,0\n0,1,0\n")
    let square = scratch.path("b.mtx")
    #expect(try CommandRun(["generate", "laplacian", "5x5", square]).exitCode == 0)
    #expect(try CommandRun(["info", square, "--json"]).json()["symmetry"] as? String == "symmetric")
  }
}
