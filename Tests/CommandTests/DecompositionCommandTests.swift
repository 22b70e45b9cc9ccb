// tessera qr, pca, stats, similar: keys, files, refusals, and the same numbers as NumPy's.

import Foundation
import Testing

private let hasNumPy: Bool = {
  let run = try? CommandRun(["python3", "-c", "import numpy, scipy.io"], path: "/usr/bin/env")
  if run?.exitCode != 0 { print("skipped: python3 with numpy and scipy is not installed") }
  return run?.exitCode == 0
}()

@Suite(.timeLimit(.minutes(30))) struct DecompositionCommandTests {
  @Test func qrHasTheDocumentedKeysAndWritesItsFactors() throws {
    let scratch = try ScratchFolder()
    let (q, r) = (scratch.path("q.npy"), scratch.path("r.npy"))
    let run = try CommandRun(["qr", CommandRun.digits, "--q", q, "--r", r, "--json"])
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
    let result = try run.json()
    #expect(
      Set(result.keys) == [
        "residual", "orthogonality", "rank", "method", "predicted", "words", "seconds",
      ])
    // Three of the 64 pixels are never inked.
    #expect(result["rank"] as? Int == 61)
    #expect((result["residual"] as? Double ?? .nan) < 30 && (result["orthogonality"] as? Double ?? .nan) < 30)
    #expect(Set(try scratch.names()) == ["q.npy", "r.npy"])
  }

  @Test func pivotingRevealsTheRank() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx",
      "%%MatrixMarket matrix array real general\n4 3\n1\n1\n1\n1\n3\n3\n3\n3\n1\n2\n3\n4\n".utf8)
    let permutation = scratch.path("p.csv")
    let run = try CommandRun(["qr", file, "--pivot", "--permutation", permutation, "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.json()["rank"] as? Int == 2)
    let order = try String(contentsOfFile: permutation, encoding: .utf8).split(separator: "\n").map {
      Double($0)
    }
    #expect(order.first == 2)
  }

  /// Between processes, joined by sockets, as between threads.
  @Test(arguments: ["in-process", "sockets"]) func predictedWordsStandBesideThoseCounted(transport: String)
    throws
  {
    let scratch = try ScratchFolder()
    let (a, b, x) = (scratch.path("a.csv"), scratch.path("b.csv"), scratch.path("x.csv"))
    for (path, columns) in [(a, "60x7"), (b, "60x1")] {
      #expect(try CommandRun(["generate", "dense", columns, path]).exitCode == 0)
    }
    let commands = [
      ["svd", CommandRun.digits, "-k", "3", "--method", "gram"],
      ["svd", CommandRun.digits, "-k", "3", "--method", "lanczos", "--left", scratch.path("u.npy")],
      ["svd", a, "-k", "3", "--method", "tsqr"], ["qr", a, "--method", "cholesky"],
      ["qr", a, "--method", "tsqr"], ["qr", a, "--q", scratch.path("q.npy"), "--pivot"],
      ["pca", a, "-k", "2"], ["pca", a, "-k", "2", "--method", "tsqr"],
      ["solve", a, b, x, "--method", "tsqr"],
    ]
    for command in commands {
      let options = [
        "--transport", transport, "--style", "message-passing", "--workers", "3", "--partitions", "5",
      ]
      let run = try CommandRun(command + options + ["--ledger", "--json"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let result = try run.json()
      let words = try #require(result["words"] as? [String: Int])
      let predicted = try #require(words["predicted"])
      #expect(predicted > 0 && words["measured"] == predicted, "\(command): \(result)")
      let text = try CommandRun(command + options + ["--ledger"]).output
      #expect(text.contains("predicted ") && text.contains("; measured "), "\(text)")
      #expect(!(try CommandRun(command + options).output.contains("; measured ")))
    }
  }

  /// Of a matrix of the largest numbers: R, singular values and variances are beyond them.
  @Test func resultsBeyondTheRangeAreNoResults() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.csv", "1.7e308,1.6e308\n1.7e308,1.7e308\n1.7e308,-1.7e308\n".utf8)
    for (command, words) in [
      (["qr", file], "elements of R are beyond the range of double numbers"),
      (["svd", file], "singular values are beyond the range of double numbers"),
      (["pca", file], "the variances are beyond the range of double numbers"),
      (["stats", file], "variances or norms are beyond the range of double numbers"),
      (["norm", file, "--kind", "two"], "the 2-norm is beyond the range of the scalar"),
    ] {
      let run = try CommandRun(command)
      #expect(run.exitCode == 65 && run.errors.contains(words), "\(run.errors)")
      #expect(!run.errors.contains("the element in row"))
    }
  }

  @Test func weightsThatSumToOneAreNoCounts() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.csv", "1,2\n3,5\n4,4\n5,9\n".utf8)
    for (weights, text) in [
      ("0.25\n0.25\n0.25\n0.25\n", "these sum to 1.0, expected more than the 1.0 of ddof"),
      ("0.25\n-1\n0.25\n0.25\n", "row 2 has weight -1.0"),
    ] {
      let path = try scratch.write("w.csv", weights.utf8)
      let run = try CommandRun(["stats", file, "--weights", path])
      #expect(run.exitCode == 65 && run.output.isEmpty, "\(run.output)")
      #expect(run.errors.contains("w.csv") && run.errors.contains(text), "\(run.errors)")
    }
    let path = try scratch.write("w.csv", "0.25\n0.25\n0.25\n0.25\n".utf8)
    let biased = try CommandRun(["stats", file, "--weights", path, "--ddof", "0", "--json"])
    #expect(biased.exitCode == 0 && biased.errors.isEmpty, "\(biased.errors)")
    #expect(try biased.json()["variance"] as? [Double] == [2.1875, 6.5])
    // A row alone has no unbiased variance either; what else there is to say is said.
    let row = try CommandRun(["stats", try scratch.write("b.csv", "1,2\n".utf8)])
    #expect(row.exitCode == 0 && row.errors.contains("1 rows less 1 have no variance"), "\(row.errors)")
  }

  /// 7 bits are left of R's elements, which are about 2^-1067.
  @Test func factorsThatLoseTheirDigitsAreNotWritten() throws {
    let scratch = try ScratchFolder()
    let rows = (0..<20).map { i in
      (0..<3).map { j in "\(Double((7 * i + 5 * j * j) % 11 - 5) * 0x1p-1070)" }.joined(separator: ",")
    }
    let file = try scratch.write("a.csv", (rows.joined(separator: "\n") + "\n").utf8)
    let run = try CommandRun(["qr", file, "--r", scratch.path("r.csv")])
    #expect(run.exitCode == 65 && run.errors.contains("or lose digits at its end"), "\(run.errors)")
    #expect(Set(try scratch.names()) == ["a.csv"])
  }

  @Test func whatCholeskyCouldNotBeShownForIsSaid() throws {
    let run = try CommandRun(
      ["qr", "-", "--method", "cholesky"],
      input: Data(
        "%%MatrixMarket matrix array real general\n2 1\n1e300\n1e300\n".utf8))
    #expect(run.exitCode == 0 && run.errors.contains("could not be shown to be as good"), "\(run.errors)")
    #expect(!run.output.contains("0.000"))
  }

  /// In a table numbers stand as a person writes them, not as JSON does.
  @Test(arguments: [
    ("complex", "1 1 1\n1 1 3 -1\n", "1 3.0-1.0j 0.0 "), ("complex", "1 1 1\n1 1 3 0\n", "1 3.0 0.0 "),
    ("real", "0 1 0\n", "1 nan nan "),
  ]) func statsOfAnyNumbersAreATable(field: String, matrix: String, row: String) throws {
    let text = "%%MatrixMarket matrix coordinate \(field) general\n\(matrix)"
    let run = try CommandRun(
      ["stats", "-", "--ddof", "0", "--scalar", field == "real" ? "double" : "complex-double"],
      input: Data(text.utf8))
    let line = run.output.split(separator: "\n").dropFirst(2).first ?? ""
    let words = line.split(separator: " ").joined(separator: " ")
    #expect(words.hasPrefix(row), "\(run.output)\(run.errors)")
  }

  @Test func statsOfASmallMatrix() throws {
    let text = "%%MatrixMarket matrix coordinate real general\n4 2 4\n1 1 2\n2 1 4\n3 1 -6\n2 2 8\n"
    let run = try CommandRun(["stats", "-", "--json"], input: Data(text.utf8))
    #expect(run.exitCode == 0, "\(run.errors)")
    let result = try run.json()
    #expect(
      Set(result.keys) == [
        "mean", "variance", "min", "max", "nonzeros", "oneNorm", "twoNorm", "seconds",
      ])
    #expect(result["mean"] as? [Double] == [0, 2])
    #expect(result["variance"] as? [Double] == [56.0 / 3, 16])
    #expect(result["min"] as? [Double] == [-6, 0] && result["max"] as? [Double] == [4, 8])
    #expect(result["nonzeros"] as? [Int] == [3, 1])
    let populations = try CommandRun(["stats", "-", "--json", "--ddof", "0"], input: Data(text.utf8))
    #expect(try populations.json()["variance"] as? [Double] == [14, 12])
  }

  @Test func pcaHasTheDocumentedKeysAndSaysWhatIsMissing() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.csv", "1,2\n3,5\n4,4\n".utf8)
    let (components, scores) = (scratch.path("c.npy"), scratch.path("s.npy"))
    let run = try CommandRun([
      "pca", file, "-k", "5", "--components", components, "--scores", scores, "--json",
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("2 components, not 5"))
    let result = try run.json()
    #expect(
      Set(result.keys) == [
        "explainedVariance", "explainedVarianceRatio", "mean", "residuals", "converged", "method", "passes",
        "unresolved", "predicted", "words", "seconds",
      ])
    let ratios = try #require(result["explainedVarianceRatio"] as? [Double])
    #expect(ratios.count == 2 && (ratios.reduce(0, +) - 1).magnitude < 1e-14)
    #expect(Set(try scratch.names()) == ["a.csv", "c.npy", "s.npy"])
  }

  @Test func similarWritesPairsAboveTheThreshold() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.csv", "1,2,0\n0,0,1\n1,2,0.01\n".utf8)
    let output = scratch.path("pairs.mtx")
    let run = try CommandRun(["similar", file, output, "--threshold", "0.5", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.json()["pairs"] as? Int == 1)
    #expect(try String(contentsOfFile: output, encoding: .utf8).contains("3 3 1\n1 2 "))
    let rows = try CommandRun(["similar", file, output, "--rows", "--threshold", "0.5", "--json"])
    #expect(try rows.json()["pairs"] as? Int == 1)
  }

  @Test(arguments: ["qr", "pca", "stats", "similar"])
  func whatIsNotFiniteIsRefusedWithItsPlace(command: String) throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n30 2 3\n1 1 1\n17 2 nan\n2 2 1\n".utf8)
    let run = try CommandRun([command, file] + (command == "similar" ? [scratch.path("out.mtx")] : []))
    #expect(run.exitCode == 65)
    #expect(run.output.isEmpty && run.errors.contains("row 17, column 2"), "\(run.errors)")
  }

  @Test func wrongUsageIsRefusedBeforeAnythingIsRead() throws {
    for arguments in [
      ["qr", "absent.mtx", "--permutation", "p.csv"], ["pca", "absent.mtx", "-k", "0"],
      ["similar", "absent.mtx", "out.mtx", "--threshold", "2"], ["stats", "absent.mtx", "--ddof", "-1"],
      ["qr", "absent.mtx", "--q", "q.unknown"],
    ] {
      #expect(try CommandRun(arguments).exitCode == 64, "\(arguments)")
    }
  }

  /// Each against the formula that NumPy evaluates with a dense factorization, or in extended precision.
  @Test(.enabled(if: hasNumPy)) func theNumbersAreNumPys() throws {
    let scratch = try ScratchFolder()
    let make = """
      import numpy as np, sys
      r = np.random.default_rng(3)
      np.save(sys.argv[1], 1e8 + r.standard_normal((2000, 6)))
      np.save(sys.argv[2], r.standard_normal((400, 30)) * np.linspace(5, 1, 30) + 3)
      """
    let (large, plain) = (scratch.path("large.npy"), scratch.path("plain.npy"))
    #expect(try CommandRun(["python3", "-c", make, large, plain], path: "/usr/bin/env").exitCode == 0)
    let (components, scores) = (scratch.path("c.npy"), scratch.path("s.npy"))
    let stats = try CommandRun(["stats", large, "--json", "--workers", "3"])
    let pca = try CommandRun([
      "pca", plain, "-k", "4", "--json", "--components", components, "--scores", scores, "--workers", "2",
    ])
    let pairs = scratch.path("pairs.mtx")
    let similar = try CommandRun(["similar", plain, pairs, "--threshold", "0.3", "--json"])
    #expect(stats.exitCode == 0 && pca.exitCode == 0 && similar.exitCode == 0)
    let check = """
      import numpy as np, scipy.io, json, sys
      large, plain, components, scores, pairs, stats, pca, similar = sys.argv[1:]
      a = np.load(large).astype(np.longdouble)
      s = json.loads(stats)
      assert (abs(np.array(s['mean']) - a.mean(0)) <= 1e-15 * a.mean(0)).all()
      v = a.var(0, ddof=1)
      assert (abs(np.array(s['variance']) - v) <= 1e-12 * v).all()
      a = np.load(plain); c = a - a.mean(0)
      u, d, vt = np.linalg.svd(c, full_matrices=False)
      vt *= np.sign(vt[np.arange(30), abs(vt).argmax(1)])[:, None]
      p = json.loads(pca)
      assert (abs(np.array(p['explainedVariance']) - d[:4]**2 / 399) <= 1e-10).all()
      assert (abs(np.array(p['explainedVarianceRatio']) - d[:4]**2 / (d**2).sum()) <= 1e-12).all()
      assert (abs(np.load(components) - vt[:4].T) <= 1e-10).all()
      assert (abs(np.load(scores) - c @ vt[:4].T) <= 1e-10 * d[0]).all()
      n = a / np.linalg.norm(a, axis=0)
      g = np.triu(n.T @ n, 1); g[abs(g) < 0.3] = 0
      m = scipy.io.mmread(pairs).toarray()
      assert json.loads(similar)['pairs'] == (g != 0).sum() and abs(g - m).max() < 1e-13
      """
    let run = try CommandRun(
      [
        "python3", "-c", check, large, plain, components, scores, pairs, stats.output, pca.output,
        similar.output,
      ], path: "/usr/bin/env")
    #expect(run.exitCode == 0, "\(run.errors)")
  }
}
