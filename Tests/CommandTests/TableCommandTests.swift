// Tables from the command line: names of columns are kept where both ends have them, and a note says where not; each end
// has its delimiter; and an error names the option that mends the matter.

import Foundation
import Testing

struct TableCommandTests {
  private static let table = "x,\"y;z\"\n1,2\n3,4\n"

  @Test func namesAreKeptBetweenTables() throws {
    let folder = try ScratchFolder()
    let input = try folder.write("a.csv", Self.table.utf8)
    let tabs = try CommandRun(["convert", input, "--format", "tsv", "-"])
    #expect(tabs.output == "x\ty;z\n1\t2\n3\t4\n" && tabs.errors.isEmpty)
    let semicolons = try CommandRun(["convert", input, "--format", "csv", "--output-delimiter", ";", "-"])
    #expect(semicolons.output == "x;\"y;z\"\n1;2\n3;4\n" && semicolons.errors.isEmpty)
    let back = try CommandRun(
      ["convert", "--input-format", "csv", "--delimiter", ";", "-", folder.path("b.csv")],
      input: Data(semicolons.output.utf8))
    #expect(back.exitCode == 0)
    #expect(try String(contentsOfFile: folder.path("b.csv"), encoding: .utf8) == "x,y;z\n1,2\n3,4\n")
    let twice = try CommandRun(["scale", "2", input, "--format", "csv", "-"])
    #expect(twice.output == "x,y;z\n2,4\n6,8\n" && twice.errors.isEmpty)
    let sum = try CommandRun(["add", input, folder.path("b.csv"), "--format", "csv", "-"])
    #expect(sum.output == "x,y;z\n2,4\n6,8\n" && sum.errors.isEmpty)
    let head = try CommandRun(["head", "-n", "1", input])
    #expect(head.output == "# x y;z\n1.0 2.0\n")
    #expect(try CommandRun(["head", input, "--json"]).json()["columnNames"] as? [String] == ["x", "y;z"])
  }

  @Test func aNoteSaysWhereNamesAreLeftOut() throws {
    let folder = try ScratchFolder()
    let input = try folder.write("a.csv", Self.table.utf8)
    let other = try folder.write("b.csv", "u,v\n1,2\n3,4\n".utf8)
    for (arguments, reason) in [
      (["convert", input, "--format", "mtx", "-"], "there are none in the format mtx"),
      (["transpose", input, "--format", "csv", "-"], "they would be those of rows"),
      (["add", input, other, "--format", "csv", "-"], "not all inputs have the same"),
      (["scale", "2", input, "--format", "mtx", "-"], "there are none in the format mtx"),
    ] {
      let run = try CommandRun(arguments)
      #expect(run.exitCode == 0 && !run.output.contains("y;z"))
      #expect(run.errors == "tessera: \(input): the names of the columns are left out: \(reason)\n")
    }
  }

  @Test func delimitersThatCannotStandBetweenNumbersAreRefused() throws {
    for option in ["--delimiter", "--output-delimiter"] {
      for wrong in ["ab", "1", "-", "\n"] {
        let run = try CommandRun(["convert", "a.csv", "b.csv", "\(option)=\(wrong)"])
        #expect(run.exitCode == 64 && run.errors.contains("\(option) takes one ASCII character"))
      }
    }
  }

  /// What a file does not say of itself can be said wherever one matrix is read.
  @Test(arguments: ["stats", "svd", "qr", "pca"])
  func decompositionsReadTablesAsTheyAreTold(command: String) throws {
    let folder = try ScratchFolder()
    let commas = try folder.write("a.csv", "1,2\n3,5\n4,4\n".utf8)
    let semicolons = try folder.write("b.csv", "1;2\n3;5\n4;4\n".utf8)
    func result(_ arguments: [String]) throws -> String {
      let run = try CommandRun([command] + arguments + ["--json"])
      #expect(run.exitCode == 0, "\(run.errors)")
      var members = try run.json()
      members["seconds"] = nil
      let text = try JSONSerialization.data(withJSONObject: members, options: .sortedKeys)
      return String(decoding: text, as: UTF8.self)
    }
    #expect(try result([semicolons, "--delimiter", ";"]) == result([commas]))
    #expect(try result([commas, "--header-row", "absent"]) == result([commas]))
  }

  @Test func errorsNameTheOptionThatHelps() throws {
    let folder = try ScratchFolder()
    let table = try folder.write("a.csv", "1;2\n".utf8)
    let named = try folder.write("b.csv", "2019,x\n1,2\n".utf8)
    let unknown = try folder.write("a.txt", "1,2\n".utf8)
    for (file, option) in [(table, "--delimiter"), (named, "--header-row present"), (unknown, "--format")] {
      let run = try CommandRun(["info", file])
      #expect(run.exitCode != 0 && run.errors.contains(" (\(option)"), "\(run.errors)")
    }
    #expect(try CommandRun(["info", table, "--delimiter", ";"]).exitCode == 0)
    #expect(try CommandRun(["info", named, "--header-row", "present"]).exitCode == 0)
    #expect(try CommandRun(["info", unknown, "--format", "csv"]).exitCode == 0)
  }

  /// Two matrices in an archive of the kind of SuiteSparse's, made by its own tool.
  @Test func anArchiveOfTwoMatricesNamesThem() throws {
    let folder = try ScratchFolder()
    for name in ["m", "n"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
      _ = try folder.write("\(name)/\(name).mtx", "%%MatrixMarket matrix array real general\n1 1\n1\n".utf8)
    }
    let archive = folder.path("a.tar.gz")
    let packed = try CommandRun(["-C", folder.url.path, "-czf", archive, "m", "n"], path: "/bin/tar")
    try #require(packed.exitCode == 0)
    let run = try CommandRun(["info", archive])
    #expect(run.exitCode == 65)
    #expect(run.errors.contains("found \"m/m.mtx\", \"n/n.mtx\" (--member"))
    #expect(try CommandRun(["info", archive, "--member", "n/n.mtx"]).exitCode == 0)
  }

  /// A double holds every whole number up to 2^53, and beyond only some.
  @Test func aNoteTellsOfWholeNumbersThatWereRounded() throws {
    let folder = try ScratchFolder()
    let header = "%%MatrixMarket matrix coordinate integer general\n"
    let list = try folder.write(
      "a.mtx", "\(header)3 2 3\n1 1 7\n3 2 -9007199254740993\n2 1 9007199254740993\n".utf8)
    let shape = "{'descr': '<i8', 'fortran_order': True, 'shape': (2, 2), }"
    var array = Data([0x93] + "NUMPY".utf8 + [1, 0, UInt8(shape.utf8.count), 0] + shape.utf8)
    for number in [1, 2, 3, Int64(1) << 53 + 1] {
      withUnsafeBytes(of: number) { array.append(contentsOf: $0) }
    }
    let dense = try folder.write("a.npy", array)
    // Of all that hold it, whoever reads: the driver, or the workers their parts; once, and the first of several.
    let text = try folder.write("a.csv", "1,2\n9007199254740992,-9007199254740995\n3,9007199254740993\n".utf8)
    let quoted = try folder.write("b.csv", "1\t2\n\"9007199254740993\"\t1\n".utf8)
    let rows = try folder.write("a.svm", "1 1:1\n1 2:9007199254740993 4:123456789012345678901\n".utf8)
    for (file, place, options) in [
      (list, "2, the first in row 3, column 2", []), (dense, "1, the first in row 2, column 2", []),
      (text, "2, the first in row 2, column 2", []),
      (quoted, "1, the first in row 2, column 1", ["--delimiter", "\\t"]),
      (rows, "2, the first in row 2, column 2", []),
    ] {
      let note = "tessera: \(file): whole numbers of 2^53 and more become the nearest double: \(place)\n"
      for command in [["info"], ["norm"], ["stats"], ["stats", "--workers", "3", "--partitions", "3"]] {
        for style in command[0] == "stats" ? ["message-passing", "dataflow"] : [""] {
          let run = try CommandRun(command + [file] + options + (style.isEmpty ? [] : ["--style", style]))
          #expect(run.exitCode == 0 && run.errors == note, "\(command) \(style): \(run.errors)")
        }
      }
    }
    let exact = try folder.write("b.mtx", "\(header)1 1 1\n1 1 9007199254740991\n".utf8)
    #expect(try CommandRun(["info", exact]).errors.isEmpty)
    let real = try folder.write("c.mtx", "%%MatrixMarket matrix array real general\n1 1\n1e300\n".utf8)
    #expect(try CommandRun(["info", real]).errors.isEmpty)
    // These are doubles, and so is what is written as one.
    let held = try folder.write(
      "d.csv", "9007199254740994,36893488147419103232\n1e30,12345678901234567890.5\n".utf8)
    for command in ["info", "stats"] { #expect(try CommandRun([command, held]).errors.isEmpty) }
  }

  /// A place that is listed twice is two entries, and one nonzero.
  @Test func entriesAreThoseOfTheListAndNonzerosThoseOfTheMatrix() throws {
    let folder = try ScratchFolder()
    let file = try folder.write(
      "a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 1\n1 1 2\n2 2 1\n".utf8)
    let converted = try CommandRun(["convert", file, folder.path("b.npz"), "--json"]).json()
    #expect(converted["entries"] as? Int == 3 && converted["nonzeros"] == nil)
    #expect(try CommandRun(["spy", file, folder.path("a.svg")]).output.contains("3 entries"))
    let info = try CommandRun(["info", file, "--json"]).json()
    #expect(info["nonzeros"] as? Int == 2 && info["storedEntries"] as? Int == 3)
  }
}
