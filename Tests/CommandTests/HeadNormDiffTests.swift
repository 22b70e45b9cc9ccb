// tessera head, norm and diff.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(30))) struct HeadNormDiffTests {
  @Test func headShowsWhatStandsFirstInEveryFormat() throws {
    let scratch = try ScratchFolder()
    let entries = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n9 9 3\n3 1 1.5\n1 2 -2\n9 9 damaged\n".utf8)
    #expect(try CommandRun(["head", entries, "-n", "2"]).output == "3 1 1.5\n1 2 -2.0\n")
    #expect(try CommandRun(["head", entries, "-n", "3"]).exitCode == 65)
    let table = try scratch.write("a.csv", "x,y\n1,2\n3,4j\n5,damaged\n".utf8)
    #expect(try CommandRun(["head", table, "-n", "2"]).output == "# x y\n1.0 2.0\n3.0 0.0+4.0j\n")
    let learning = try scratch.write("a.svm", "1 1:2 3:4\n-1 2:5\n".utf8)
    #expect(try CommandRun(["head", learning, "-n", "1"]).output == "1 1 2.0\n1 3 4.0\n")
    let dense = scratch.path("a.npy")
    #expect(try CommandRun(["generate", "identity", "3x2", dense]).exitCode == 0)
    #expect(try CommandRun(["head", dense, "-n", "2"]).output == "1.0 0.0\n0.0 1.0\n")
    let json = try CommandRun(["head", dense, "-n", "1", "--json"]).json()
    #expect(json["rows"] as? Int == 3)
    #expect(json["head"] as? [[Double]] == [[1, 0]])
    let piped = try CommandRun(["head", "-", "-n", "1"], input: Data(contentsOf: URL(filePath: entries)))
    #expect(piped.output == "3 1 1.5\n")
    #expect(try CommandRun(["head", scratch.path("absent.mtx")]).exitCode == 66)
  }

  @Test func normsAreThoseOfTheMatrix() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx",
      "%%MatrixMarket matrix coordinate real general\n2000000000 3 4\n1 1 3\n1 1 -6\n1 2 4\n2000000000 2 -2\n"
        .utf8)
    for (kind, norm) in [("frobenius", 29.0.squareRoot()), ("one", 6), ("infinity", 7), ("max", 4)] {
      let result = try CommandRun(["norm", file, "--kind", kind, "--json"]).json()
      #expect(result["norm"] as? Double == norm, "\(kind)")
    }
    let two = try #require(
      try CommandRun(["norm", file, "--kind", "two", "--json"]).json()["norm"] as? Double)
    #expect(abs(two - ((29 + 697.0.squareRoot()) / 2).squareRoot()) < 1e-9)
    let broken = try scratch.write(
      "b.mtx", "%%MatrixMarket matrix coordinate real general\n9 9 2\n1 1 nan\n9 9 2\n".utf8)
    #expect(try CommandRun(["norm", broken, "--kind", "two", "--json"]).json()["norm"] as? String == "nan")
    #expect(try CommandRun(["norm", file, "--kind", "none"]).exitCode == 64)
    let mixed = try scratch.write("c.csv", "nan,1\ninf,0\n".utf8)
    for kind in ["frobenius", "one", "infinity", "max"] {
      for parts in ["1", "2"] {
        let run = try CommandRun(["norm", mixed, "--kind", kind, "--partitions", parts, "--json"])
        #expect(try run.json()["norm"] as? String == "nan", "\(kind), \(parts)")
      }
    }
  }

  @Test func diffComparesWhateverTheFormats() throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.csv", "1,0\nnan,1000\n".utf8)
    let b = try scratch.write(
      "b.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 3\n2 1 nan\n1 1 1\n2 2 1001\n".utf8)
    #expect(try CommandRun(["diff", a, a]).exitCode == 0)
    let different = try CommandRun(["diff", a, b, "--json"])
    #expect(different.exitCode == 1)
    #expect(try different.json()["maxAbsolute"] as? Double == 1)
    let relative = try #require(try different.json()["maxRelative"] as? Double)
    #expect(abs(relative - 1.0 / 1001) < 1e-18)
    #expect(try different.json()["same"] as? Bool == false)
    #expect(try CommandRun(["diff", a, b]).output.contains("row 2, column 2"))
    #expect(try CommandRun(["diff", a, b, "--absolute", "1"]).exitCode == 0)
    #expect(try CommandRun(["diff", a, b, "--relative", "0.001"]).exitCode == 0)
    #expect(try CommandRun(["diff", a, b, "--relative", "0.0009"]).exitCode == 1)
    let wide = try scratch.write("c.csv", "1,2,3\n".utf8)
    #expect(try CommandRun(["diff", a, wide]).exitCode == 1)
    #expect(try CommandRun(["diff", a, scratch.path("absent.csv")]).exitCode == 66)
    let corner = try scratch.write(
      "d.mtx", "%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 1\n1999999999 7 1\n".utf8
    )
    let other = try scratch.write(
      "e.mtx", "%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 1\n1999999999 7 2\n".utf8
    )
    #expect(try CommandRun(["diff", corner, other]).output.contains("row 1999999999, column 7"))
  }

  /// `--format` is said of what has no telling name, not of both.
  @Test func diffBelievesNamesBeforeTheFormat() throws {
    let scratch = try ScratchFolder()
    let (csv, text) = (
      try scratch.write("a.csv", "1,2\n3,4\n".utf8), try scratch.write("a.txt", "1\t2\n3\t4\n".utf8)
    )
    #expect(try CommandRun(["diff", csv, text, "--format", "tsv"]).exitCode == 0)
    #expect(try CommandRun(["diff", text, csv, "--format", "tsv"]).exitCode == 0)
    #expect(try CommandRun(["diff", text, text, "--format", "tsv"]).exitCode == 0)
    let piped = Data("1\t2\n3\t4\n".utf8)
    #expect(try CommandRun(["diff", csv, "-", "--format", "tsv"], input: piped).exitCode == 0)
    #expect(try CommandRun(["diff", csv, text]).exitCode == 64)
  }

  @Test func aReaderThatGoesAwayEndsTheCommandQuietly() throws {
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    let scratch = try ScratchFolder()
    let script =
      "set -o pipefail; \"$0\" info \"$1\" | head -1 >/dev/null; \"$0\" generate dense 300x300 - "
      + "--format csv | head -1 | wc -l"
    let run = try CommandRun(["-c", script, tessera, CommandRun.digits], path: "/bin/bash")
    #expect(run.errors == "")
    #expect(run.output == "1\n")
    #expect(try scratch.names() == [])
  }
}
