// Runs the programs that were built beside the tests, as a user does: arguments in; exit code and both
// outputs back.

import Foundation

struct CommandRun {
  let exitCode: Int32
  let output: String
  let errors: String

  /// The root of the package, where the sample data is.
  static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The sample data, 1797 x 64.
  static let digits = packageRoot.appending(path: "Data/digits/digits.mtx.gz").path

  /// Runs `program`, built beside the tests, or what is at `path`, in the root of the package.
  init(
    _ arguments: [String], program: String = "tessera", path: String? = nil, input: Data = Data(),
    environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = path.map { URL(filePath: $0) } ?? Bundle.main.bundleURL.appending(path: program)
    process.arguments = arguments
    process.currentDirectoryURL = Self.packageRoot
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    process.standardError = standardError
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: input)
    try standardInput.fileHandleForWriting.close()
    let collected = standardOutput.fileHandleForReading.readDataToEndOfFile()
    let complaints = standardError.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    exitCode = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    output = String(decoding: collected, as: UTF8.self)
    errors = String(decoding: complaints, as: UTF8.self)
  }

  /// Runs `tessera` with a limit on its data segment and private memory, beyond which nothing is allocated: its
  /// peak cannot be measured, because a child's begins with that of the process that has started it. OpenBLAS
  /// takes memory for each of its threads before anything else.
  init(_ arguments: [String], dataKilobytes: Int) throws {
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    try self.init(
      ["-c", "ulimit -d \(dataKilobytes) && exec \"$0\" \"$@\"", tessera] + arguments, path: "/bin/sh",
      environment: ["OPENBLAS_NUM_THREADS": "1"])
  }

  /// The output as one JSON object.
  func json() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
  }
}

/// A folder that is gone when the test is.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file into the folder and returns its path.
  func write(_ name: String, _ content: some Sequence<UInt8>) throws -> String {
    try Data(content).write(to: url.appending(path: name))
    return path(name)
  }

  /// The names of the files in the folder, sorted.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
}
