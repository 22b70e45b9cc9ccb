// A file changes only when all of the new one is there; every way in which files cannot be read or created
// has its kind of error.

import Foundation
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

private let small = MatrixContents.dense(DenseMatrix<Double>([[1, 2], [3, 4]]))

private func mode(_ path: String) throws -> Int {
  try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? -1
}

@Suite struct OutputTests {
  @Test(arguments: [
    "A.mtx", "A.mtx.gz", "A.npy", "A.NPY.GZ", "-A b\u{e9}.mtx", String(repeating: "n", count: 250) + ".mtx",
  ])
  func everyKnownNameRoundTripsAndLeavesNothingElse(_ name: String) throws {
    try withFolder { folder in
      try MatrixFile.write(small, to: folder + name)
      let back = try MatrixFile.read(folder + name, as: Double.self)
      #expect(
        back.contents.entries.sorted { $0.real < $1.real } == small.entries.sorted { $0.real < $1.real })
      #expect(try MatrixFile.readHeader(folder + name) == back.header)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
    }
  }

  /// A link to nothing stays one: what it leads to is made.
  @Test func aLinkToNothingLeadsToTheFile() throws {
    try withFolder { folder in
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: folder + "a.mtx", withDestinationPath: "b.mtx")
      try MatrixFile.write(small, to: folder + "a.mtx")
      #expect(try manager.destinationOfSymbolicLink(atPath: folder + "a.mtx") == "b.mtx")
      #expect(try MatrixFile.readHeader(folder + "b.mtx").rows == 2)
      try manager.createSymbolicLink(atPath: folder + "c.mtx", withDestinationPath: "c.mtx")
      #expect(throws: FileFormatError.self) { try MatrixFile.write(small, to: folder + "c.mtx") }
    }
  }

  /// The format leaves out zeros, but not their signs.
  @Test func svmlightKeepsZerosThatHaveASign() throws {
    let a = DenseMatrix<Double>([[-0.0, 1], [0, 2]])
    try withFolder { folder in
      try MatrixFile.write(.dense(a), to: folder + "A.svm")
      #expect(try String(contentsOfFile: folder + "A.svm", encoding: .utf8) == "0 1:-0 2:1\n0 2:2\n")
      let back = try MatrixFile.read(folder + "A.svm", as: Double.self)
      guard case .triplets(let entries) = back.contents else {
        Issue.record("not a list of entries")
        return
      }
      var signs: [FloatingPointSign] = []
      entries.forEach { _, _, value in signs.append(value.sign) }
      #expect(signs == [.minus, .plus, .plus])
    }
  }

  @Test func newFilesFollowTheMaskAndOldOnesKeepTheirBits() throws {
    try withFolder { folder in
      #expect(FileManager.default.createFile(atPath: folder + "plain", contents: nil))
      try MatrixFile.write(small, to: folder + "A.mtx")
      #expect(try mode(folder + "A.mtx") == mode(folder + "plain"))
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "A.mtx")
      try MatrixFile.write(small, to: folder + "A.mtx")
      #expect(try mode(folder + "A.mtx") == 0o640)
    }
  }

  @Test func aLinkStaysALink() throws {
    try withFolder { folder in
      try MatrixFile.write(small, to: folder + "A.mtx")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "B.mtx", withDestinationPath: folder + "A.mtx")
      try MatrixFile.write(.dense(DenseMatrix<Double>([[7]])), to: folder + "B.mtx")
      #expect(try MatrixFile.readHeader(folder + "A.mtx").rows == 1)
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "B.mtx")) != nil)
    }
  }

  @Test func anUnfinishedFileLeavesTheOldOneAndNoOther() throws {
    try withFolder { folder in
      try MatrixFile.write(small, to: folder + "A.mtx")
      let old = FileManager.default.contents(atPath: folder + "A.mtx")
      func begin() throws {
        let sink = try openSink(folder + "A.mtx")
        try Array("half".utf8).withUnsafeBytes { try sink.write($0) }
        #expect(FileManager.default.contents(atPath: folder + "A.mtx") == old)
      }
      try begin()
      #expect(FileManager.default.contents(atPath: folder + "A.mtx") == old)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["A.mtx"])
      let error = #expect(throws: FileFormatError.self) {
        try MatrixFile.write(small, to: folder + "A.mtx", symmetry: .symmetric)
      }
      #expect(error?.kind == .badData)
      #expect(FileManager.default.contents(atPath: folder + "A.mtx") == old)
    }
  }

  @Test func aFullDiskIsAnErrorThatNamesTheFile() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    for format in MatrixFileFormat.allCases where format.isAvailable {
      let error = #expect(throws: FileFormatError.self) {
        try MatrixFile.write(small, to: "/dev/full", format: format)
      }
      #expect(error?.kind == .inputOutput)
      #expect(error?.description == "/dev/full: writing failed: No space left on device")
    }
  }

  @Test func whatCannotBeReadOrCreatedSaysWhy() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "D.mtx", withIntermediateDirectories: false)
      for path in ["D.mtx", "none.mtx", "none/A.mtx", "D.mtx/A.mtx"] {
        let error = #expect(throws: FileFormatError.self) { try MatrixFile.readHeader(folder + path) }
        #expect(error?.kind == .noInput, "\(path)")
      }
      for path in ["D.mtx", "none/A.mtx"] {
        let error = #expect(throws: FileFormatError.self) { try MatrixFile.write(small, to: folder + path) }
        #expect(error?.kind == .cannotCreate, "\(path)")
        #expect(error?.file == folder + path)
      }
      for path in ["A.txt", "mtx", "A.mtx.bz2", "-"] {
        let error = #expect(throws: FileFormatError.self) { try MatrixFile.write(small, to: path) }
        #expect(error?.kind == .usage && error?.message.contains(".mtx, .npy") == true)
      }
      #expect(throws: FileFormatError.self) { try MatrixFile.readHeader("A\0.mtx") }
    }
  }

  @Test func aFileMayHaveAnyNameWhenItsFormatIsNamed() throws {
    try withFolder { folder in
      try MatrixFile.write(small, to: folder + "data", format: .npy)
      #expect(try MatrixFile.readHeader(folder + "data", format: .npy).rows == 2)
      #expect(throws: FileFormatError.self) {
        try MatrixFile.readHeader(folder + "data", format: .matrixMarket)
      }
    }
  }

  @Test func progressEndsAtTheSizeOfTheFile() throws {
    try withFolder { folder in
      for name in ["A.mtx", "A.mtx.gz", "A.npy"] {
        try MatrixFile.write(.dense(DenseMatrix<Double>(zeros: 700, 1000)), to: folder + name)
        var last: ReadProgress?
        _ = try MatrixFile.read(folder + name, as: Double.self) { progress in
          #expect(progress.bytesRead >= last?.bytesRead ?? 0)
          last = progress
        }
        #expect(last?.bytesRead == last?.totalBytes && last?.bytesRead ?? 0 > 1000)
      }
    }
  }
}
