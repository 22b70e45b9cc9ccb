// The MPI transport as its ranks see it, under mpirun. Skipped where there is none.

import Foundation
import Testing

@Suite(.enabled(if: MPIJob.mpirun != nil), .serialized, .timeLimit(.minutes(30)))
struct MPITransportTests {
  @Test(arguments: [1, 2, 3, 4, 7])
  func ranksConform(ranks: Int) throws {
    let (code, text) = try MPIJob(ranks: ranks, "conform").end()
    #expect(code == 0, "\(text)")
  }

  /// As messages beyond 2^31 - 1 bytes would.
  @Test(arguments: [100, 1000])
  func messagesLongerThanMPICountsGoInPieces(pieceBytes: Int) throws {
    let (code, text) = try MPIJob(ranks: 3, "conform", pieceBytes: pieceBytes).end()
    #expect(code == 0, "\(text)")
  }

  /// Several threads of every rank, then the conformance suite through the end that they share.
  @Test(arguments: [1, 2, 3, 5])
  func ranksServeSeveralThreadsAtOnce(ranks: Int) throws {
    let (code, text) = try MPIJob(ranks: ranks, "threads").end()
    #expect(code == 0, "\(text)")
  }

  @Test func shortPiecesServeSeveralThreads() throws {
    let (code, text) = try MPIJob(ranks: 3, "threads", pieceBytes: 20_000).end()
    #expect(code == 0, "\(text)")
  }

  @Test func tenMillionNumbersMove() throws {
    let (code, text) = try MPIJob(ranks: 2, "many").end()
    #expect(code == 0, "\(text)")
  }

  @Test(arguments: [16, 1000, 10_000])
  func wrongLengthsAreErrorsAndWhatFollowsIsWhole(pieceBytes: Int) throws {
    let (code, text) = try MPIJob(ranks: 2, "lengths", pieceBytes: pieceBytes).end()
    #expect(code == 0, "\(text)")
  }

  @Test func aLengthThatIsClaimedTakesNoMemory() throws {
    let (code, text) = try MPIJob(ranks: 2, "claims").end()
    #expect(code == 0, "\(text)")
  }

  @Test func whoeverWaitsTakesWhatWasPosted() throws {
    let (code, text) = try MPIJob(ranks: 3, "sends-first").end()
    #expect(code == 0, "\(text)")
  }

  @Test func whatIsUnderWayIsBounded() throws {
    let (code, text) = try MPIJob(ranks: 3, "flood").end()
    #expect(code == 0, "\(text)")
  }

  @Test func nothingLeaks() throws {
    let (code, text) = try MPIJob(
      ranks: 3, "conform", settings: ["--mca", "mpi_show_handle_leaks", "1", "--mca", "mpi_param_check", "1"]
    ).end()
    #expect(code == 0, "\(text)")
    #expect(!text.contains("WARNING"), "\(text)")
  }

  @Test func anErrorOnOneRankEndsTheJobWithOneMessage() throws {
    let (code, text) = try MPIJob(ranks: 3, "throw").end()
    #expect(code == 69, "\(text)")
    #expect(text.components(separatedBy: "tessera: rank 1: had enough").count == 2, "\(text)")
    #expect(text.components(separatedBy: "tessera: ").count == 2, "\(text)")
  }

  /// Whether the others wait for a message or are in a collective.
  @Test(arguments: [0, 2], ["wait", "reduce"])
  func aKilledRankEndsTheJob(victim: Int, role: String) throws {
    let job = try MPIJob(ranks: 3, role)
    let processes = job.lines(3, beginningWith: "process ").compactMap { pid_t($0.dropFirst(8)) }
    try #require(processes.count == 3)
    let start = ContinuousClock.now
    kill(processes[victim], SIGKILL)
    #expect(job.end().code != 0)
    while processes.contains(where: { kill($0, 0) == 0 }), ContinuousClock.now - start < .seconds(10) {
      Thread.sleep(forTimeInterval: 0.05)
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(processes.allSatisfy { kill($0, 0) != 0 })
  }
}
