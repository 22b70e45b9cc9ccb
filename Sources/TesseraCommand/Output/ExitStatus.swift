// How the program ends, after sysexits(3). The one table: the help prints it.

import ArgumentParser

enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case negative = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case lost = 69
  case internalError = 70
  case noResources = 71
  case cannotCreate = 73
  case inputOutput = 74

  /// What it means, for a person.
  var meaning: String {
    switch self {
    case .done: "done"
    case .negative: "the answer is no: the matrices of diff differ"
    case .usage: "wrong usage"
    case .badData: "bad data, or a result that is not as good as asked for"
    case .noInput: "no such input"
    case .lost: "workers lost"
    case .internalError: "an internal error"
    case .noResources: "the system has no threads, or no memory, left to begin with"
    case .cannotCreate: "cannot create the output"
    case .inputOutput: "input/output error"
    }
  }

  /// All of them, in words.
  static var table: String {
    allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "; ")
      + "; 128 and more: ended by the signal of that number less 128."
  }
}

extension ExitCode {
  /// The code of `status`.
  init(_ status: ExitStatus) { self.init(status.rawValue) }
}
