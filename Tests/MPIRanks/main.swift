// What the ranks of an MPI job run when the transport is tested: mpirun -n P mpi-ranks PIECEBYTES ROLE. A rank
// that finds something wrong says so on standard error and ends with 1.

import Foundation

#if MPI
  import TesseraCommunicationMPI
  import TesseraTestSupport

  let arguments = CommandLine.arguments.dropFirst().map { String($0) }
  guard arguments.count == 2, let pieceBytes = Int(arguments[0]) else {
    print(
      "usage: mpi-ranks PIECEBYTES "
        + "conform|many|threads|lengths|claims|sends-first|flood|throw|wait|reduce")
    exit(64)
  }

  /// What is wrong at this rank.
  func failures(of world: MPICommunicator) throws -> [String] {
    switch arguments[1] {
    case "conform":
      // Short pieces make many messages of few numbers.
      conformanceFailures(of: world, postedBytes: min(8 << 20, pieceBytes * 1000), messages: 2000)
    case "many": conformanceFailures(of: world, largest: 10_000_000, turn: 3, messages: 2000)
    case "threads":
      concurrencyFailures(of: world)
        + conformanceFailures(
          of: world.concurrent, postedBytes: min(8 << 20, pieceBytes * 1000), messages: 500)
    case "lengths": try wrongLengths(world, pieceBytes: pieceBytes)
    case "claims": try falseClaims(world)
    case "sends-first": try sendsFirst(world)
    case "flood": try flood(world)
    case "throw": try failOnOneRank(world)
    case "wait": try waitForever(world)
    case "reduce": try reduceForever(world)
    default: ["there is no role \(arguments[1])"]
    }
  }

  do {
    let world = try MPICommunicator.start(pieceBytes: pieceBytes)
    let failures = try failures(of: world)
    for failure in failures { FileHandle.standardError.write(Data((failure + "\n").utf8)) }
    try world.finish()
    exit(failures.isEmpty ? 0 : 1)
  } catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
  }
#else
  print("built without MPI")
  exit(69)
#endif
