// Where output goes: results to standard output, everything else to standard error; and how an error ends the
// program: one line and an exit code after sysexits(3).

import ArgumentParser
import Foundation
import Tessera

enum Report {
  /// Prints a result. A reader that has gone away ends the program quietly, as it does other filters.
  ///
  /// - Throws: `FileFormatError` of kind `inputOutput` when standard output cannot be written.
  static func result(_ text: String) throws(FileFormatError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw FileFormatError(.inputOutput, file: "standard output", "cannot be written")
    }
  }

  /// Prints a result of a command that has written `outputs` too: to standard error when one of these was standard
  /// output.
  ///
  /// - Throws: as `result`.
  static func result(_ text: String, beside outputs: [String?]) throws(FileFormatError) {
    if outputs.compactMap({ $0 }).contains(where: StandardOutput.isNamed) {
      note(text)
    } else {
      try result(text)
    }
  }

  /// Prints what a command has written to `path`, or the object that was asked for. A pipe needs no such line, and gets
  /// none.
  ///
  /// - Throws: as `result`.
  static func written(_ path: String, _ what: String, json: String?) throws(FileFormatError) {
    if json == nil, StandardOutput.isNamed(path) { return }
    try result(json ?? "\(path): \(what)", beside: [path])
  }

  /// The same of a command that does nothing but write a matrix: its shape, and a count by its name.
  ///
  /// - Throws: as `result`.
  static func written(
    _ path: String, _ shape: Shape, _ count: (name: String, number: Int), seconds: Double, json: Bool
  ) throws(FileFormatError) {
    let facts: JSON = .object([
      ("rows", .int(shape.rows)), ("columns", .int(shape.columns)), (count.name, .int(count.number)),
      ("seconds", .real(seconds)),
    ])
    try written(path, "\(shape), \(count.number) \(count.name)", json: json ? facts.description : nil)
  }

  /// How many workers there were: those that have been lost or have joined meanwhile are told.
  static func workers(of cluster: Cluster) -> String {
    let (first, now) = (cluster.engine.workerCount, cluster.engine.livingWorkerCount)
    let text = "\(first) worker\(first == 1 ? "" : "s")"
    return now == first ? text : "\(text) at first and \(now) at last"
  }

  /// Whether another process speaks for this one. As the launcher has it: an MPI that does not know of the
  /// others makes this process a rank 0 when it starts.
  private static let isSilent = ClusterConfiguration.isStartedWorker()

  /// Prints a note for a person. Of the processes of a job the first speaks for all.
  static func note(_ text: String) {
    if isSilent { return }
    // Where nobody listens there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Runs a command's body; an error becomes one line on standard error and an exit code. Of the ranks of an
  /// MPI job only the first runs a command that does not compute.
  static func errors(onEveryRank: Bool = false, _ body: () async throws -> Void) async throws {
    if isSilent, !onEveryRank { return }
    do {
      try await body()
    } catch let error as ExitCode {
      throw error
    } catch {
      // A message is one line whatever is in it.
      let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
      let remedy = (error as? FileFormatError)?.remedy.map { " (\(words(for: $0)))" } ?? ""
      note("tessera: \(line)\(remedy)")
      throw ExitCode(status(of: error))
    }
  }

  /// The option by which a person says what would help.
  private static func words(for remedy: FileFormatError.Remedy) -> String {
    switch remedy {
    case .member: "--member, of convert and others, takes one by its name"
    case .format: "--format; for the input of a command that writes one too, --input-format"
    case .delimiter: "--delimiter names another one"
    case .headerRow: "--header-row present: the line names the columns"
    }
  }

  private static func status(of error: any Error) -> ExitStatus {
    switch error {
    case let error as FileFormatError:
      switch error.kind {
      case .usage: .usage
      case .badData: .badData
      case .noInput: .noInput
      case .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      }
    case let error as LinearAlgebraError:
      if case .invalidArgument = error { .usage } else { .badData }
    case let error as ExecutionError:
      switch error {
      case .invalidConfiguration: .usage
      case .communication, .workersLost: .lost
      case .taskFailed, .notRegistered, .noSuchTile: .internalError
      case .threadsNotStarted: .noResources
      }
    case let error as PlanError:
      // A plan that was asked for is an argument; a product that does not fit is about the data.
      if case .inapplicable = error { .usage } else { .badData }
    case let error as OutputError:
      if case .cannotWrite = error { .inputOutput } else { .cannotCreate }
    default: .internalError
    }
  }
}
