// Every way of being wrong: one clear line on standard error, nothing on standard output, the documented exit
// code, nothing written, and little memory.

import Foundation
import Testing

@testable import TesseraCommand

struct FailureTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let content: [UInt8]
    let message: String
    let exitCode: Int32
    var testDescription: String { "\(name): \(message)" }

    init(_ name: String, _ content: some Sequence<UInt8>, _ message: String, exitCode: Int32 = 65) {
      self.name = name
      self.content = Array(content)
      self.message = message
      self.exitCode = exitCode
    }

    init(_ text: String, _ message: String) { self.init("bad.mtx", Array(text.utf8), message) }
  }

  static let banner = "%%MatrixMarket matrix coordinate real general\n"

  static let badFiles: [Case] = [
    Case("not a matrix\n", "bad.mtx:1:1:"),
    Case("%%MatrixMarket tensor coordinate real general\n1 1 1\n1 1 1\n", "bad.mtx:1:16:"),
    Case(banner + "2 2 2\n1 1 1\n", "bad.mtx:"),
    Case(banner + "2 2 1\n1 1 1\n2 2 2\n", "bad.mtx:4:"),
    Case(banner + "2 2 1\n3 1 1\n", "bad.mtx:3:1:"),
    Case(banner + "2 2 1\n1 0 1\n", "bad.mtx:3:3:"),
    Case(banner + "2 2 1\n1 1 1.5abc\n", "bad.mtx:3:5:"),
    Case(banner + "99999999999999999999 2 1\n1 1 1\n", "bad.mtx:2:1:"),
    Case(banner + "2 2 18446744073709551615\n1 1 1\n", "bad.mtx:2:5:"),
    Case("%%MatrixMarket matrix array real general\n4000000000 4000000000\n1\n", "bad.mtx"),
    Case("%%MatrixMarket matrix array real general\n1000000 1000000\n1\n", "bad.mtx"),
    Case("bad.mtx.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b], "bad.mtx.gz: byte"),
    Case("bad.npy", [0x93] + Array("NUMPY".utf8), "bad.npy: byte 6"),
    Case("bad.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }"), "bad.npy: byte"),
    Case(
      "bad.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 999999999), }"),
      "bad.npy: byte"),
    Case(
      "bad.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", data: 24), "bad.npy: byte"
    ),
  ]

  static func npy(_ header: String, data: Int = 8) -> [UInt8] {
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0] + Array(padded.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: badFiles)
  func badFilesAreNamedWithTheirPlace(_ bad: Case) throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write(bad.name, bad.content)
    let target = scratch.path("out.npy")
    for arguments in [
      ["info", file], ["svd", file, "--values", target], ["convert", file, target], ["spy", file],
    ] {
      // With what the process starts with, and OpenBLAS takes for two workers and their driver.
      let run = try CommandRun(arguments, dataKilobytes: 640 * 1024)
      #expect(run.exitCode == bad.exitCode, "\(arguments): \(run.errors)")
      #expect(run.output.isEmpty)
      #expect(run.errors.contains(bad.message), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(try scratch.names() == [bad.name])
    }
  }

  @Test(
    arguments: [
      (["info", "/nonexistent/a.mtx"], 66), (["svd", "/"], 64), (["info", "Sources"], 64),
      (["info", "--format", "mtx", "Sources"], 66), (["svd"], 64),
      (["svd", CommandRun.digits, "-k", "0"], 64), (["svd", CommandRun.digits, "-k", "x"], 64),
      (["svd", CommandRun.digits, "--workers", "0"], 64),
      (["svd", CommandRun.digits, "--partitions", "0"], 64),
      (["svd", CommandRun.digits, "--style", "carrier-pigeon"], 64),
      (["svd", CommandRun.digits, "--values", "s.xyz"], 64),
      (["svd", CommandRun.digits, "--values", "/nonexistent/s.npy"], 73),
      (["convert", CommandRun.digits, "/nonexistent/a.npy"], 73), (["frobnicate"], 64),
      (["info", "--nope"], 64),
      (["generate", "dense", "3by4", "-"], 64), (["generate", "dense", "-3x4", "/tmp/x.npy"], 64),
      (["generate", "sparse", "3x4", "/tmp/x.npy", "--density", "2"], 64),
      (["generate", "identity", "2000000000x2000000000", "/tmp/x.mtx"], 65),
      (["scale", "nan", CommandRun.digits, "/tmp/x.mtx"], 64),
      (["convert", CommandRun.digits, "/dev/null/x.npy"], 73),
      (["convert", CommandRun.digits, "/tmp/x.npz.gz", "--format", "npz"], 64),
      (["info", CommandRun.digits, "--delimiter", "-"], 64),
      (["info", CommandRun.digits, "--delimiter", "5"], 64),
    ] as [([String], Int32)])
  func exitCodesFollowSysexits(arguments: [String], expected: Int32) throws {
    let run = try CommandRun(arguments)
    #expect(run.exitCode == expected, "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(!run.errors.isEmpty)
  }

  @Test func environmentIsChecked() throws {
    let run = try CommandRun(["svd", CommandRun.digits], environment: ["TESSERA_WORKERS": "many"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("TESSERA_WORKERS"))
  }

  /// Runs `tessera ARGUMENTS` by a shell, for redirections and pipes.
  private func shell(_ arguments: String) throws -> CommandRun {
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    return try CommandRun(["-c", "exec \"\(tessera)\" \(arguments)"], path: "/bin/sh")
  }

  @Test(
    arguments: [
      ("info Data/digits/digits.mtx.gz >/dev/full", 74), ("info nosuch.mtx 2>/dev/full", 66),
      ("info nosuch.mtx 2>&-", 66), ("info Data/digits/digits.mtx.gz >&-", 74),
      ("svd Data/digits/digits.mtx.gz -k 100 2>/dev/full", 0),
      ("spy Data/digits/digits.mtx.gz /dev/full", 74),
      ("svd Data/digits/digits.mtx.gz --scree /dev/full", 74),
    ] as [(String, Int32)])
  func fullAndClosedOutputsEndInTheirExitCode(arguments: String, expected: Int32) throws {
    #expect(try shell(arguments).exitCode == expected)
  }

  @Test func outputsThatAreTheInputOrEachOtherAreRefused() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("a.mtx", Array("%%MatrixMarket matrix array real general\n1 1\n3\n".utf8))
    let before = try Data(contentsOf: URL(filePath: file))
    let (one, detour) = (scratch.path("s.npy"), scratch.path("./s.npy"))
    for outputs in [
      ["--values", file], ["--values", one, "--left", detour], ["--scree", scratch.path("s.png")],
    ] {
      let run = try CommandRun(["svd", file] + outputs)
      #expect(run.exitCode == 64, "\(run.errors)")
      #expect(run.output.isEmpty)
    }
    #expect(try CommandRun(["spy", file, file]).exitCode == 64)
    #expect(try scratch.names() == ["a.mtx"])
    #expect(try Data(contentsOf: URL(filePath: file)) == before)
  }

  @Test func nothingIsComputedForAnOutputThatCannotBe() throws {
    let scratch = try ScratchFolder()
    let run = try CommandRun([
      "svd", CommandRun.digits, "--left", scratch.path("u.npy"), "--values", scratch.path("none/s.npy"),
    ])
    #expect(run.exitCode == 73)
    #expect(run.output.isEmpty)
    #expect(try scratch.names().isEmpty)
  }

  @Test(.timeLimit(.minutes(30)), arguments: ["info", "svd", "spy"])
  func aPipeIsReadOnce(command: String) throws {
    let run = try shell(
      "\(command) /dev/stdin --format mtx <<'END'\n%%MatrixMarket matrix array real general\n1 1\n3\nEND")
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  /// What the shell has open to be appended to is written to, not replaced.
  @Test(arguments: ["-", "/dev/stdout", "/dev/fd/1"]) func outputsThatAreOpenAreAppendedTo(name: String)
    throws
  {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.mtx", (Self.banner + "1 1 1\n1 1 5\n").utf8)
    let (log, drawing) = (try scratch.write("log.txt", "first\n".utf8), scratch.path("drawing.txt"))
    #expect(try shell("convert \(a) \(name) --format csv >>\(log)").exitCode == 0)
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "first\n5\n")
    #expect(try shell("spy \(a) \(name) >>\(drawing)").exitCode == 0)
    let picture = try String(contentsOfFile: drawing, encoding: .utf8)
    #expect(picture.hasPrefix("<svg") && picture.hasSuffix("</svg>\n"))
  }

  /// Of what a command has to say nothing stands among the data, whatever standard output is called: what a person can
  /// see for himself is not said, a result is said on standard error.
  @Test(arguments: ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/fd/3"])
  func dataOnStandardOutputAreAlone(name: String) throws {
    let scratch = try ScratchFolder()
    let a = try scratch.write("a.mtx", (Self.banner + "2 2 2\n1 1 5\n2 2 4\n").utf8)
    let b = try scratch.write("b.mtx", Array("%%MatrixMarket matrix array real general\n2 1\n5\n8\n".utf8))
    for (arguments, data) in [
      ("convert \(a) \(name) --format csv", "5,0\n0,4\n"),
      ("transpose \(a) \(name) --format csv", "5,0\n0,4\n"),
      ("multiply \(a) \(b) \(name) --format csv", "25\n32\n"),
      ("generate identity 1x2 \(name) --format csv", "1,0\n"),
    ] {
      let quiet = try shell("\(arguments) 3>&1")
      #expect(
        quiet.exitCode == 0 && quiet.output == data && quiet.errors.isEmpty, "\(arguments): \(quiet.errors)")
      let told = try shell("\(arguments) --json 3>&1")
      #expect(told.output == data && told.errors.hasPrefix("{\"") && told.errors.contains("\"rows\": "))
    }
    let solved = try shell("solve \(a) \(b) \(name) --format csv 3>&1")
    #expect(solved.output == "1\n2\n" && solved.errors.contains("residual"), "\(solved.errors)")
    // In a file that the shell has open, too.
    let file = scratch.path("out.csv")
    #expect(try shell("convert \(a) \(name) --format csv >\(file) 3>&1").exitCode == 0)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "5,0\n0,4\n")
    if name.hasPrefix("/") {
      let values = try shell("svd \(a) -k 2 --trace \(name) --json 3>&1")
      #expect(
        values.exitCode == 0 && values.output.hasPrefix("{\"displayTimeUnit")
          && values.errors.hasPrefix("{\""))
      #expect(try shell("svd \(a) --scree \(name) --convergence /dev/stdout 3>&1").exitCode == 64)
    }
  }

  /// The help names every code, and no other.
  @Test func everyExitCodeIsInTheHelp() throws {
    let run = try CommandRun(["--help"])
    let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let table = try #require(
      words.components(separatedBy: "Exit codes: ").last?.components(separatedBy: ". ").first)
    let found = table.components(separatedBy: "; ").dropLast().map { Int32($0.prefix { $0.isNumber }) }
    #expect(found == ExitStatus.allCases.map(\.rawValue))
    #expect(ExitStatus.allCases.allSatisfy { table.contains("\($0.rawValue) \($0.meaning)") })
    #expect(Set(ExitStatus.allCases.map(\.meaning)).count == ExitStatus.allCases.count)
  }

  /// What is dropped of a long comment is dropped of no row.
  @Test func aLongBrokenRowIsNoComment() throws {
    let scratch = try ScratchFolder()
    let row = [UInt8](repeating: UInt8(ascii: "4"), count: 3_000_000)
    let broken = try scratch.write("a.csv", Array("1,2\n%3,".utf8) + row + Array("\n5,6\n".utf8))
    let run = try CommandRun(["info", broken])
    #expect(run.exitCode == 65 && run.errors.contains("a.csv:2:1:"), "\(run.errors)")
    let comment = try scratch.write("b.csv", Array("1,2\n#".utf8) + row + Array("\n5,6\n".utf8))
    #expect(try CommandRun(["info", comment, "--json"]).json()["rows"] as? Int == 2)
  }

  /// A line of names has no number, not a broken one either.
  @Test(arguments: ["1.5abc,2..3\n3,4\n", ",\n1,2\n", "-x,.5y\n1,2\n"])
  func aBrokenFirstRowIsNoLineOfNames(text: String) throws {
    let scratch = try ScratchFolder()
    let run = try CommandRun(["info", try scratch.write("a.csv", text.utf8)])
    #expect(run.exitCode == 65 && run.errors.contains("a.csv:1:1:"), "\(run.errors)")
  }

  @Test func aHoleInAFileReservesNothing() throws {
    let scratch = try ScratchFolder()
    let text = try scratch.write("a.mtx", Array((Self.banner + "9 9 999999999999\n1 1 1\n").utf8))
    let table = try scratch.write("a.csv", Array("1,2\n3,".utf8))
    let rows = try scratch.write("a.svm", Array("1 1:1\n1 1:".utf8))
    let array = try scratch.write(
      "a.npy", Self.npy("{'descr': '|i1', 'fortran_order': False, 'shape': (2000000, 1000000), }"))
    for path in [text, table, rows, array] {
      try #require(truncate(path, 4_000_000_000_000) == 0)
      let run = try CommandRun(["info", path])
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  /// A job starts with all its threads or says that it cannot: one without some of them would wait for ever.
  @Test(.timeLimit(.minutes(30)), arguments: ["message-passing", "dataflow"])
  func moreThreadsThanCanBeStartedAreAnError(style: String) throws {
    // Of two or three threads each, with stacks of 16 MiB, when OpenBLAS has taken 6.4 GiB; and none if it cannot.
    for (workers, kilobytes, reason) in [(50, 7_450_000, "Resource"), (1000, 4_000_000, "OpenBLAS")] {
      let run = try CommandRun(
        ["qr", CommandRun.digits, "--workers", "\(workers)", "--style", style], dataKilobytes: kilobytes)
      #expect(run.exitCode == 71, "\(run.errors)")
      #expect(run.errors.contains("threads of the workers cannot be started: \(reason)"), "\(run.errors)")
    }
  }

  /// What a limit on addresses leaves too little for is an end with a word, not a wait for ever: of OpenBLAS for its
  /// memory, of libdispatch for a thread. What it leaves enough for is done.
  @Test(.timeLimit(.minutes(30))) func littleMemoryEndsInAResultOrAnError() throws {
    let scratch = try ScratchFolder()
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    let (digits, copy) = (CommandRun.digits, scratch.path("a.npy"))
    for command in ["info \(digits)", "norm \(digits)", "svd \(digits)", "convert \(digits) \(copy)"] {
      var codes: [Int32] = []
      for kilobytes in [200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 800_000, 4_000_000] {
        let run = try CommandRun(
          ["-c", "ulimit -v \(kilobytes); exec timeout --signal=KILL 120 \(tessera) \(command)"],
          path: "/bin/sh", environment: ["SWIFT_BACKTRACE": "enable=no"])
        // 127: not even the libraries could be loaded.
        #expect([0, 71, 127].contains(run.exitCode), "\(command) in \(kilobytes) KiB: \(run.errors)")
        #expect(run.exitCode == 0 || !run.errors.isEmpty && run.output.isEmpty)
        codes.append(run.exitCode)
      }
      #expect(codes.contains(71) && codes.last == 0, "\(codes)")
    }
  }

  /// A few hundred kilobytes that unpack to a line of 400 MB are refused in the memory of the longest line that may be.
  @Test func aCompressedLineWithoutAnEndTakesNoMoreThanItsLimit() throws {
    let scratch = try ScratchFolder()
    for (name, text) in [("a.svm.gz", "1:1"), ("a.csv.gz", "1,2,")] {
      let path = scratch.path(name)
      let made = try CommandRun(
        ["-c", "yes '\(text)' | tr '\\n' ' ' | head -c 400000000 | gzip -1 >\(path)"], path: "/bin/sh")
      try #require(made.exitCode == 0)
      let run = try CommandRun(["info", path], dataKilobytes: 700 * 1024)
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.contains("\(name):1:268435456: expected a line of at most 256 MiB"), "\(run.errors)")
    }
  }
}
