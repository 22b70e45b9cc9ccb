import Foundation
import TesseraInstrumentation
import Testing

/// The objects of a trace, as a JSON reader sees them.
private func objects(_ text: String) throws -> [[String: Any]] {
  let whole = try #require(
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  return try #require(whole["traceEvents"] as? [[String: Any]])
}

@Suite struct ChromeTraceTests {
  @Test func isJSONWithOneObjectPerEvent() throws {
    let complete = try objects(ChromeTrace(sampleRun()).description).filter { $0["ph"] as? String == "X" }
    #expect(complete.count == sampleRun().count)
    let step = try #require(complete.first { $0["name"] as? String == "multiply" })
    #expect(step["ts"] as? Double == 0)
    #expect(step["dur"] as? Double == 100_000)
    let transfer = try #require(complete.first { $0["cat"] as? String == "transfer" })
    #expect((transfer["args"] as? [String: Any])?["words"] as? Int == 125_000)
  }

  @Test func emptyTraceIsJSON() throws {
    #expect(try objects(ChromeTrace([]).description).isEmpty)
  }

  @Test func namesSurviveEscaping() throws {
    let name = "a \"b\" \\ c\n\t\u{1} ü 😀"
    let event = Event(.task, name, worker: 0, start: 5, duration: 1)
    #expect(try objects(ChromeTrace([event]).description).last?["name"] as? String == name)
  }

  @Test func eventsOfALaneNest() throws {
    var random = SystemRandomNumberGenerator()
    let events = (0..<400).map { _ in
      Event(
        Bool.random(using: &random) ? .task : .wait, "e", worker: .random(in: 0..<3),
        start: .random(in: 0..<1000), duration: .random(in: 0..<60))
    }
    struct Lane: Hashable { var worker, id: Int }
    var open: [Lane: [Double]] = [:]
    for object in try objects(ChromeTrace(events).description) where object["ph"] as? String == "X" {
      let lane = Lane(
        worker: try #require(object["pid"] as? Int), id: try #require(object["tid"] as? Int))
      let start = try #require(object["ts"] as? Double)
      let end = start + (try #require(object["dur"] as? Double))
      while let last = open[lane]?.last, last <= start + 1e-6 { open[lane]?.removeLast() }
      #expect(open[lane]?.last.map { end <= $0 + 1e-6 } ?? true)
      open[lane, default: []].append(end)
    }
  }

  @Test func writesAFileOrLeavesTheOldOne() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "trace-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "run.json").path
    let trace = ChromeTrace(sampleRun())
    try trace.write(toFile: path)
    try trace.write(toFile: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == trace.description)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.json"])
    #expect(throws: OutputError.cannotCreate(path: folder.path, reason: "Is a directory")) {
      try trace.write(toFile: folder.path)
    }
    #expect(throws: OutputError.self) { try trace.write(toFile: path + "/nowhere") }
  }

  /// It goes where whoever has opened the file would write next.
  @Test func whatIsOpenIsWrittenOn() throws {
    let path = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("first, old".utf8).write(to: URL(filePath: path))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: Data("FIRST".utf8))
    try ChromeTrace([]).write(toFile: "/dev/fd/\(file.fileDescriptor)")
    try file.write(contentsOf: Data("last".utf8))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "FIRST\(ChromeTrace([]))last")
    #expect(throws: OutputError.self) { try ChromeTrace([]).write(toFile: "/dev/fd/9999") }
  }

  @Test func aDeviceIsWrittenAndNotReplaced() throws {
    try ChromeTrace(sampleRun()).write(toFile: "/dev/null")
    let attributes = try FileManager.default.attributesOfItem(atPath: "/dev/null")
    #expect(attributes[.type] as? FileAttributeType == .typeCharacterSpecial)
    if FileManager.default.fileExists(atPath: "/dev/full") {
      #expect(
        throws: OutputError.cannotWrite(path: "/dev/full", reason: "No space left on device")
      ) { try ChromeTrace(sampleRun()).write(toFile: "/dev/full") }
    }
  }
}
