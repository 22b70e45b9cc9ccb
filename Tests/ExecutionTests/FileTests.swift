// Tiles that workers make from nothing, and tiles that they write into files.

import Foundation
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// The tile's number and the argument; refuses tile 3 of a negative argument.
private enum LabelSource: SourceTask {
  typealias Arguments = Int
  static let name = "test/label-source"
  static func make(_ argument: Int, tile: Int) throws -> Text {
    if argument < 0, tile >= 3 { throw Refusal(tile: tile) }
    return Text("\(argument).\(tile)")
  }
}

/// A text into the file `tile` of a folder.
private enum TextWriting: WriteTask {
  typealias Arguments = String
  typealias Input = Text
  static let name = "test/text-writing"
  static func path(_ folder: String, tile: Int) -> String { "\(folder)/\(tile)" }
  static func write(_ folder: String, _ input: Text, tile: Int, to path: String) throws {
    if input.text.hasSuffix("13") { throw Refusal(tile: tile) }
    try Data(input.text.utf8).write(to: URL(fileURLWithPath: path))
  }
}

extension TaskRegistry {
  fileprivate static var files: TaskRegistry {
    .test.adding([.source(LabelSource.self), .write(TextWriting.self)])
  }
}

@Suite(.timeLimit(.minutes(30))) struct FileTests {
  @Test(arguments: [1, 2, 3, 5], Way.allCases)
  func everyWorkerMakesItsOwnTiles(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .files) { cluster in
      let engine = cluster.engine
      for count in [0, 1, 7, 20] {
        let tiles = try await engine.read(LabelSource.self, 4, into: count)
        let labels = (0..<count).map { "4.\($0)" }
        #expect(try await engine.collect(tiles) == labels.map(Text.init))
        for level in StorageLevel.allCases {
          try await engine.persist(tiles, level)
          let mapped = try await engine.map(NumberingTask.self, [], over: tiles)
          #expect(try await engine.collect(mapped) == labels.enumerated().map { Text("\($0):\($1)") })
          try await engine.unpersist(tiles)
        }
      }
      let error = await #expect(throws: ExecutionError.self) {
        try await engine.collect(engine.read(LabelSource.self, -1, into: 8))
      }
      guard case .taskFailed(let failure)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(failure.task == LabelSource.name && failure.tile == 3 && failure.message == "tile 3 refuses")
    }
  }

  @Test(arguments: [1, 3], Way.allCases)
  func everyWorkerWritesItsOwnTiles(workers: Int, way: Way) async throws {
    try await withFolder { folder in
      try await withCluster(workers: workers, way: way, registry: .files) { cluster in
        let engine = cluster.engine
        let tiles = try await engine.place(texts(11))
        for _ in 0..<2 {
          let sizes = try await engine.write(TextWriting.self, folder, over: tiles)
          #expect(sizes == texts(11).map(\.text.utf8.count))
          #expect(
            try contents(folder) == Dictionary(uniqueKeysWithValues: (0..<11).map { ("\($0)", "\($0)") }))
        }
        // One tile refuses; what is written of the others is whole, and of the refused nothing is left.
        let more = try await engine.read(LabelSource.self, 1, into: 14)
        await #expect(throws: ExecutionError.self) {
          try await engine.write(TextWriting.self, folder, over: more)
        }
        #expect(
          try contents(folder).allSatisfy { [$0, "1.\($0)"].contains($1) && Int($0).map { $0 < 13 } == true })
        let error = await #expect(throws: ExecutionError.self) {
          try await engine.write(TextWriting.self, folder + "/missing", over: tiles)
        }
        #expect("\(try #require(error))".contains("cannot write \(folder)/missing/0: No such file"))
      }
    }
  }

  @Test(arguments: 0..<10) func filesAreWholeWhenAWorkerIsLost(seed: Int) async throws {
    try await withFolder { folder in
      let group = InProcessCommunicator.group(size: 3)
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: Double(seed) * 3e-4)
        group[1].die(reason: "killed by the test")
      }
      try await withCluster(over: group, style: .dataflow, registry: .files) { cluster in
        let tiles = try await cluster.engine.place(texts(12))
        _ = try await cluster.engine.write(TextWriting.self, folder, over: tiles)
        let found = try contents(folder).filter { !$0.key.hasSuffix(".tmp") }
        #expect(found == Dictionary(uniqueKeysWithValues: (0..<12).map { ("\($0)", "\($0)") }))
      }
    }
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "tessera-file-tests-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  private func contents(_ folder: String) throws -> [String: String] {
    var contents: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      contents[name] = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }
    return contents
  }
}
