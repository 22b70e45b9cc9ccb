// tessera under mpirun: the same command, the same bits. Where mpirun is absent these tests are skipped.

import Foundation
import Testing

struct MPITests {
  static let mpirun = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs the command on `ranks` ranks, more than there are processors if need be.
  static func run(ranks: Int, _ arguments: [String], environment: [String: String] = [:]) throws -> CommandRun
  {
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    return try CommandRun(
      ["-n", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", tessera] + arguments,
      path: mpirun,
      environment: environment.merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      ]) { $1 })
  }

  @Test(.enabled(if: mpirun != nil), arguments: ["gram", "lanczos"])
  func ranksGiveTheBitsOfThreads(method: String) throws {
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json", "--method", method]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    for ranks in [1, 2, 3, 7] {
      let run = try Self.run(ranks: ranks, arguments)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try run.json()["singularValues"] as? [Double] == expected)
    }
  }

  @Test(.enabled(if: mpirun != nil))
  func valuesLongerThanAMessageGoInPieces() throws {
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json"]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    for bytes in [16, 1000] {
      let run = try Self.run(ranks: 3, arguments, environment: ["TESSERA_MESSAGE_BYTES": "\(bytes)"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try run.json()["singularValues"] as? [Double] == expected)
    }
  }

  @Test(.enabled(if: mpirun != nil))
  func anErrorEndsTheJobWithOneMessage() throws {
    let run = try Self.run(ranks: 3, ["svd", "/nonexistent.mtx"])
    #expect(run.exitCode == 66)
    #expect(run.output.isEmpty)
    #expect(run.errors.components(separatedBy: "tessera: ").count == 2)
    let workers = try Self.run(ranks: 2, ["svd", CommandRun.digits, "--workers", "2"])
    #expect(workers.exitCode == 64)
  }
}
