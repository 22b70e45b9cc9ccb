// tessera scale ALPHA IN OUT: a matrix times a number. tessera scale --model: what many workers would take. Two
// things that English calls by one name, and that no command line can confuse: the model takes no files.

import ArgumentParser
import Tessera

struct Scale: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Multiply a matrix by a number; or, with --model, predict how work scales.",
    discussion: """
      A complex number is written re,im: `tessera scale 0,1 A.mtx B.mtx`.
      \(ElementwiseOptions.discussion)

      `tessera scale --model` reads no file and runs nothing: it prints what 1 to 1000 workers would take for a dense \
      product, a pass of a singular value decomposition and the triangle of a tall matrix: the best grid, words and \
      messages to the worker that receives most, its memory, the time, and the efficiency beside one worker. The rates \
      of a worker and of the network are measured here, in about three seconds, where they are not given: between two \
      workers over loopback, which is faster than most networks between machines.
      """)

  @Argument(help: "The number.", transform: parseNumber)
  var alpha: Factor?

  @Argument(help: "The matrix file to read, or - for standard input.", completion: .file())
  var input: String?

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
  var destination: String?

  @OptionGroup(title: "Options of --model") var scaling: ScalingOptions

  @OptionGroup var options: ElementwiseOptions

  func validate() throws {
    if scaling.model {
      guard alpha == nil else { throw ValidationError("--model takes no number and no files.") }
    } else {
      if let option = scaling.given { throw ValidationError("\(option) is for --model.") }
      for (name, isMissing) in [
        ("alpha", alpha == nil), ("input", input == nil), ("destination", destination == nil),
      ] where isMissing {
        throw ValidationError("Missing expected argument '<\(name)>'")
      }
    }
  }

  func run() async throws {
    guard let alpha, let input, let destination else {
      return try await Report.errors { try report() }
    }
    try await options.run([input], to: destination, .scale(alpha.real, alpha.imaginary))
  }

  private func report() throws {
    let start = ContinuousClock.now
    let model = try scaling.report(upTo: options.compute.cluster.workers)
    try Report.result(
      options.compute.output.json ? model.json(seconds: seconds(since: start)).description : model.text)
  }
}

extension Scale {
  /// The arguments of a command line, in such a form that a negative number is none of its options: `-2` is to the
  /// parser what `-v` is, but behind a space it is a value. No option of this command takes a negative number.
  static func sparingNegativeNumbers(_ arguments: some Sequence<String>) -> [String] {
    let arguments = Array(arguments)
    guard arguments.first == configuration.commandName else { return arguments }
    return arguments.map { $0.hasPrefix("-") && Factor($0) != nil ? " \($0)" : $0 }
  }
}

/// A real or complex number.
struct Factor {
  let real: Double
  let imaginary: Double

  /// `2.5` or `0,1`; nil for another text.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard 1...2 ~= parts.count, let real = parts[0], let imaginary = parts.count == 2 ? parts[1] : 0 else {
      return nil
    }
    (self.real, self.imaginary) = (real, imaginary)
  }
}

/// A finite factor.
@Sendable private func parseNumber(_ text: String) throws -> Factor {
  let number = text.drop { $0 == " " }
  guard let factor = Factor(number), factor.real.isFinite, factor.imaginary.isFinite else {
    throw ValidationError("'\(number)' is not a finite number such as 2.5 or 0,1.")
  }
  return factor
}
