// One program, two styles, three transports, any number of workers: the same bits.

import Foundation
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct SameBitsTests {
  /// Real matrices, where they are there: least squares from surveying, a chemical plant, a power network.
  private static let files =
    ReferenceData.folder.map { folder in
      ["well1033", "west0479", "494_bus"].map { folder + "/mtx/\($0).mtx" }
    } ?? []

  /// What the program prints with the settings, having run as they say.
  private static func bits(_ style: String, _ transport: String, workers: Int) throws -> String {
    var settings = ["TESSERA_STYLE": style, "TESSERA_TRANSPORT": transport]
    let run: CommandRun
    if transport == "mpi" {
      run = try MPITests.run(ranks: workers, program: "SameBits", files, environment: settings)
    } else {
      settings["TESSERA_WORKERS"] = "\(workers)"
      run = try CommandRun(files, program: "SameBits", environment: settings)
    }
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("\(style) on \(workers) workers\n"), "\(run.errors)")
    return run.output
  }

  @Test(arguments: ["in-process", "sockets", "mpi"], ["message-passing", "dataflow"])
  func anyStyleTransportAndNumberOfWorkersGivesTheSameBits(transport: String, style: String) throws {
    if transport == "mpi", MPITests.mpirun == nil { return }
    let expected = try Self.bits("message-passing", "in-process", workers: 1)
    #expect(expected.split(separator: "\n").count > 6000)
    for workers in [1, 2, 3, 5] {
      #expect(try Self.bits(style, transport, workers: workers) == expected, "\(workers) workers")
    }
  }

  @Test(.enabled(if: MPITests.mpirun != nil)) func dataflowOverMPISaysThatItRecoversNothing() throws {
    let notes = ["message-passing", "dataflow"].map { style in
      try? MPITests.run(ranks: 2, ["svd", CommandRun.digits, "-k", "2", "--style", style]).errors
    }
    #expect(notes == ["", "tessera: over MPI dataflow recovers nothing: a lost worker ends the job\n"])
  }
}
