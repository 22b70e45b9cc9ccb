// The `tessera` command: one file per subcommand in Commands/, shared options in Options/, results in
// Output/.

import ArgumentParser
import Foundation
import Tessera

/// All subcommands.
public struct TesseraCommand: AsyncParsableCommand {
  /// Names and help.
  public static let configuration = CommandConfiguration(
    commandName: "tessera",
    abstract: "Linear algebra on matrices that are spread over workers.",
    discussion: """
      Results go to standard output, progress and errors to standard error. With --json a result is exactly one JSON \
      object. The format of a file follows its name (.mtx, .npy, .csv, .tsv, .svm, .idx, each also with .gz; .npz, \
      .h5, .tar.gz); `-` is standard input or output.

      Exit codes: 0 done; 64 wrong usage; 65 bad data; 66 no such input; 69 workers lost; 70 an internal error; \
      71 no threads or memory left to start with; 73 cannot create the output; 74 input/output error.
      """,
    version: "0.1.0",
    subcommands: [
      Info.self, Head.self, Norm.self, Diff.self, Convert.self, Transpose.self, Add.self, Scale.self,
      Generate.self, Multiply.self, SVD.self, QR.self, PCA.self, Stats.self, Similar.self, Solve.self,
      Spy.self, Partition.self, Doctor.self, Worker.self, CompareStyles.self,
    ])

  /// As the command line is read.
  public init() {}

  /// Reads the command line and does what it says; ends the process.
  public static func main() async {
    let interruption = Interruption()
    if ClusterConfiguration.isStartedWorker() { await serveSilently() } else { await main(nil) }
    withExtendedLifetime(interruption) {}
  }

  /// As `main`, in a process that another speaks for: what is wrong with the command line is told once.
  private static func serveSilently() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let code = exitCode(for: error)
      // A launcher ends all ranks as soon as one fails, which is not to happen before the first has spoken.
      if !(error is ExitCode), code != .success { try? await Task.sleep(for: .seconds(5)) }
      Foundation.exit(code.rawValue)
    }
  }
}
