// The memory that a plan predicts is within a factor of two of what a run takes beside the matrix, for every
// way.

import Foundation
import Testing

private let hasPython: Bool = {
  let run = try? CommandRun(["python3", "-c", "import resource, subprocess"], path: "/usr/bin/env")
  if run?.exitCode != 0 { print("skipped: python3 is not installed") }
  return run?.exitCode == 0
}()

@Suite(.serialized, .timeLimit(.minutes(30)), .enabled(if: hasPython)) struct RouteMemoryTests {
  /// The most bytes that `tessera` had in memory, and what it printed. A child's peak begins with that of the
  /// process that has started it, so a small one starts it.
  private static func run(_ arguments: [String]) throws -> (bytes: Double, result: [String: Any]) {
    let program = """
      import resource, subprocess, sys
      out = subprocess.run(sys.argv[1:], capture_output=True).stdout
      print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
      sys.stdout.write(out.decode())
      """
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    let run = try CommandRun(
      ["python3", "-c", program, tessera] + arguments + ["--workers", "1", "--json"],
      path: "/usr/bin/env", environment: ["OPENBLAS_NUM_THREADS": "1"])
    let parts = run.output.split(separator: "\n", maxSplits: 1)
    let kilobytes = try #require(parts.first.flatMap { Double($0) }, "\(run.errors)")
    let json = try #require(parts.count == 2 ? parts[1].data(using: .utf8) : nil)
    return (1024 * kilobytes, try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:])
  }

  @Test func predictedMemoryIsWithinAFactorOfTwoOfWhatIsTaken() throws {
    let scratch = try ScratchFolder()
    let (dense, sparse, tiny) = (scratch.path("a.npy"), scratch.path("a.mtx"), scratch.path("b.npy"))
    for arguments in [
      ["dense", "3000x1500", dense], ["dense", "20x10", tiny],
      ["powerlaw", "100000x100000", sparse, "--density", "0.00001"],
    ] {
      #expect(try CommandRun(["generate"] + arguments).exitCode == 0)
    }
    // The program and the matrix; reading takes more for a while, and a decomposition begins when it is over.
    let program = try Self.run(["norm", tiny]).bytes
    for (file, base, commands) in [
      (
        dense, program + 8 * 3000 * 1500,
        [
          ["svd", "--method", "gram"], ["svd", "--method", "tsqr"], ["svd", "--method", "dense"],
          ["qr", "--method", "cholesky"], ["qr", "--method", "tsqr"], ["pca", "--method", "gram"],
          ["pca", "--method", "tsqr"],
        ]
      ),
      (
        sparse, try Self.run(["norm", sparse]).bytes,
        [["svd", "--method", "lanczos"], ["svd", "--method", "randomized", "--passes", "8"]]
      ),
    ] {
      for command in commands {
        let (bytes, result) = try Self.run([command[0], file] + command.dropFirst())
        let predicted = try #require(result["predicted"] as? [String: Any])
        // The driver is the one worker.
        let sum = ["driverBytes", "workerBytes"].reduce(0.0) { $0 + (predicted[$1] as? Double ?? .nan) }
        let ratio = (bytes - base) / sum
        #expect(ratio > 0.5 && ratio < 2, "\(command): \(ratio) of \(sum)")
      }
    }
  }
}
