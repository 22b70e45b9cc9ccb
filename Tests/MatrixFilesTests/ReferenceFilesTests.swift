// The real matrices in ../shared/data (or TESSERA_DATA) have the nonzeros, sum and norm that its README
// gives. Skipped, with a word, where the folder is absent.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices
import enum TesseraTestSupport.ReferenceData

@testable import TesseraMatrixFiles

/// The cells of the README's rows whose file name ends in `suffix`.
private func table(_ suffix: String) throws -> [[String]] {
  guard let folder = ReferenceData.folder else { return [] }
  return try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
    .replacingOccurrences(of: "\\|", with: "!").split(separator: "\n")
    .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    .filter { $0.first?.hasSuffix(suffix) == true }
}

/// "1.5", "nan" or "1.5-2i".
private func complex(_ text: String) -> Complex<Double> {
  let text = text.trimmingCharacters(in: CharacterSet(charactersIn: "()"))
    .replacingOccurrences(of: "j", with: "i")
  if let real = Double(text) { return Complex(real) }
  let split = text.dropFirst().lastIndex { $0 == "-" || $0 == "+" } ?? text.startIndex
  return Complex(Double(text[..<split]) ?? .nan, Double(text[split...].dropLast()) ?? .nan)
}

@Suite struct ReferenceFilesTests {
  @Test func matrixMarketFilesMatchTheirRecordedFigures() throws {
    for row in try table(".mtx") {
      let path = (ReferenceData.folder ?? "") + "/mtx/" + row[0]
      let (header, contents) = try MatrixFile.read(path, as: Complex<Double>.self)
      #expect("\(header.rows) x \(header.columns)" == row[1])
      // What is noticed at the entries the header alone does not say.
      var declared = header
      declared.roundedIntegers = RoundedIntegers()
      #expect(try MatrixFile.readHeader(path) == declared)
      // Of a symmetric array the README counts all elements as stored.
      if header.layout == .coordinate { #expect(header.storedEntries == Int(row[2])) }
      let layout = header.layout == .coordinate ? "coordinate" : "array"
      #expect("\(layout)/\(header.elementType)/\(header.symmetry.rawValue)" == row[4])
      try check(contents, name: row[0], count: Int(row[3]), sum: complex(row[5]), frobenius: Double(row[6]))
    }
  }

  @Test func arraysMatchTheirRecordedFigures() throws {
    for row in try table(".npy") {
      let path = (ReferenceData.folder ?? "") + "/npy/" + row[0]
      guard row[1].filter({ $0 == "," }).count < 2 else {
        let error = #expect(throws: FileFormatError.self) { try MatrixFile.readHeader(path) }
        #expect(error?.message == "3-dimensional arrays are not matrices")
        continue
      }
      let (header, contents) = try MatrixFile.read(path, as: Complex<Double>.self)
      #expect(header.elementType == row[2].replacingOccurrences(of: "!", with: "|"))
      #expect((header.layout == .array(.columnMajor)) == (row[3] == "True"))
      try check(contents, name: row[0], count: nil, sum: complex(row[5]), frobenius: nil)
    }
  }

  @Test func svmlightFilesMatchTheirRecordedFigures() throws {
    guard let folder = ReferenceData.folder else { return }
    let rows = try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
      .components(separatedBy: "## ").first { $0.hasPrefix("LIBSVM") }?.split(separator: "\n")
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
      .filter { $0.count > 5 && Int($0[1]) != nil }
    for row in try #require(rows) {
      let path = folder + "/libsvm/" + row[0]
      // The figures count columns as their largest index: agaricus counts from zero.
      let isZeroBased = row[0].hasPrefix("agaricus")
      let (header, contents) = try MatrixFile.read(
        path, as: Complex<Double>.self, format: .svmlight,
        options: MatrixReadOptions(isZeroBased: isZeroBased))
      #expect(header.rows == Int(row[1]), "\(row)")
      #expect(isZeroBased || header.columns == Int(row[2]), "\(row)")
      try check(contents, name: row[0], count: Int(row[3]), sum: complex(row[4]), frobenius: nil)
      let labeled = try MatrixFile.readLabeled(
        path, as: Double.self, options: MatrixReadOptions(isZeroBased: isZeroBased))
      #expect(labeled.labels.count == header.rows)
    }
  }

  @Test func handwrittenDigitsMatchTheirRecordedSums() throws {
    guard let folder = ReferenceData.folder else { return }
    for (name, shape, sum) in [
      ("t10k-images-idx3-ubyte.gz", Shape(10_000, 784), 264_923_200.0),
      ("train-labels-idx1-ubyte.gz", Shape(60_000, 1), 267_236),
    ] {
      let (header, contents) = try MatrixFile.read(folder + "/mnist/" + name, as: Float.self)
      guard case .dense(let matrix) = contents else { continue }
      #expect(matrix.shape == shape && header.elementType == "|u1")
      #expect(matrix.storage.reduce(0.0) { $0 + Double($1) } == sum)
    }
  }

  @Test func scipyArchivesMatchTheirRecordedFigures() throws {
    guard let folder = ReferenceData.folder else { return }
    for (kind, shape, count, sum) in [
      ("csr", Shape(40, 30), 120, 66.1716679064), ("csc", Shape(40, 30), 120, 66.1716679064),
      ("coo", Shape(40, 30), 120, 66.1716679064), ("bsr", Shape(40, 30), 120, 66.1716679064),
      ("dia", Shape(7, 7), 13, 34),
    ] {
      let contents = try MatrixFile.read("\(folder)/npz/scipy_\(kind).npz", as: Double.self).contents
      #expect(contents.shape == shape && contents.entries.count == count, "\(kind)")
      let total = contents.entries.reduce(0.0) { $0 + Double(bitPattern: $1.real) }
      #expect(abs(total - sum) < 1e-9, "\(kind)")
    }
    let several = folder + "/npz/carex_6_data.npz"
    let error = #expect(throws: FileFormatError.self) { try MatrixFile.readHeader(several) }
    #expect(error?.message.contains("\"A\", \"B\", \"Q\", \"R\"") == true)
    #expect(
      try MatrixFile.readHeader(several, options: MatrixReadOptions(member: "B")).columns == 3)
  }

  private func check(
    _ contents: MatrixContents<Complex<Double>>, name: String, count: Int?, sum: Complex<Double>,
    frobenius: Double?
  ) throws {
    let matrix: LocalMatrix<Complex<Double>> =
      switch contents {
      case .dense(let a): .dense(a)
      case .triplets(let a): .sparse(try a.compressed())
      }
    if let count { #expect(matrix.storedCount == count, "\(name)") }
    var (real, imaginary, size) = (0.0, 0.0, 0.0)
    matrix.forEach { _, _, value in
      real += value.realPart
      imaginary += value.imaginaryPart
      size += value.modulus
    }
    func agree(_ x: Double, _ y: Double) -> Bool {
      x.isNaN && y.isNaN || x == y || abs(x - y) <= 1e-12 * size
    }
    #expect(agree(real, sum.realPart) && agree(imaginary, sum.imaginaryPart), "\(name): \(real), \(sum)")
    if let frobenius { #expect(agree(matrix.norm(), frobenius), "\(name): \(matrix.norm())") }
  }
}
