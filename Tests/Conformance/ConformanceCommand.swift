// The conformance suite as a program: mpirun -n P conformance [LARGEST]. Rank 0 prints one line; the exit code is 1
// when any rank has found anything, which stands on its standard error.

import Foundation
import TesseraCommunication
import TesseraTestSupport

#if MPI
  import TesseraCommunicationMPI
#endif

@main
struct ConformanceCommand {
  @MainActor
  static func main() throws {
    #if MPI
      let largest = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
      let end = try MPICommunicator.start()
      let failures = conformanceFailures(of: end, largest: largest)
      for failure in failures {
        try FileHandle.standardError.write(contentsOf: Data((failure + "\n").utf8))
      }
      let count = try end.allReduce(failures.count) { $0 + $1 }
      if end.rank == 0 { print("conformance of MPI, \(end.size) ranks: \(count) failures") }
      try end.finish()
      exit(count == 0 ? 0 : 1)
    #else
      print("conformance: built without MPI")
      exit(69)
    #endif
  }
}
