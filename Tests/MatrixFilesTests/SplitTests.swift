// However text is cut into blocks, however it arrives, and however many threads parse it, the matrix is the
// same bit for bit, and so is the error.

import Numerics
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@testable import TesseraMatrixFiles

@Suite(.timeLimit(.minutes(30))) struct SplitTests {
  private static let good: [(MatrixFileFormat, String)] = [
    (
      .matrixMarket,
      "%%MatrixMarket matrix coordinate real general\n% c\n3 4 6\n1 1 1.5\n\n2 3 -2e3\n% x\n3 2 4\n1 4 .5\n"
        + "2 2 123456789.123456789\n 3 1   0.1234567890123456 \n"
    ),
    (
      .matrixMarket,
      "%%MatrixMarket matrix coordinate complex hermitian\n3 3 4\n1 1 3 0\n2 1 1 -1\n3 3 -0 0\n3 1 nan 2"
    ),
    (.matrixMarket, "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 3\n1 1\n2 1\n3 2\n"),
    (.matrixMarket, "%%MatrixMarket matrix array complex hermitian\n2 2\n1 0\n2 3\n4 0\n"),
    (.matrixMarket, "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n-2\n3\n"),
    (.csv, "x,\"y z\",w\n# c\n1, 2.5,3\n\n-3e2,(1-2j),-0\n7,8,\"9\""), (.tsv, "1\t2\n\n3\tnan\n5\t6\n"),
    (.svmlight, "1 qid:1 1:2.5 4:1 # c\n-1 qid:2 3:.5\n# d\n2 qid:2\n3 qid:4 2:1 2:3\n"),
  ]

  private static let bad: [(MatrixFileFormat, String)] = [
    (.matrixMarket, "%%MatrixMarket matrix coordinate real general\n3 3 3\n1 1 1\n2 2 x\n4 1 1\n"),
    (.matrixMarket, "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n2 2 2\n\n3 3 3\n9 9 9\n"),
    (.matrixMarket, "%%MatrixMarket matrix coordinate real general\n3 3 4\n1 1 1\n2 2 2\n"),
    (.matrixMarket, "%%MatrixMarket matrix array complex hermitian\n2 2\n1 0\n2 3\n4 5\n"),
    (.matrixMarket, "%%MatrixMarket matrix array real general\n1 2\n1\n2\n3\n4\n"),
    (.csv, "a,b\n1,2\n3,4\n5\n6,7,8\n"), (.csv, "1,2\n3,4\n5,x\n"),
    (.svmlight, "1 1:2\n1 2:3\n1 qid:3 2:3\n"), (.svmlight, "1 qid:1 1:2\n1 2:3\n"),
    (.svmlight, "1 1:2\n1 0:3\n"),
  ]

  /// What reading ends in: the entries with their bits, or the error.
  private enum Outcome: Equatable {
    case matrix(Shape, [Entry])
    case error(String)
  }

  private func outcome(
    _ text: String, _ format: MatrixFileFormat, pieces: Int, blockSize: Int, threads: Int
  ) -> Outcome {
    do throws(FileFormatError) {
      let contents = try MatrixFile.read(
        Pieces(Array(text.utf8), of: pieces), format, as: Complex<Double>.self,
        MatrixReadOptions(threads: threads), blockSize: blockSize
      ).contents
      return .matrix(contents.shape, contents.entries)
    } catch {
      return .error(error.description)
    }
  }

  @Test(arguments: [1, 3]) func anySplitGivesTheSameMatrixOrError(threads: Int) {
    for (format, unix) in Self.good + Self.bad {
      for text in [
        unix, unix.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
      ] {
        let whole = outcome(text, format, pieces: .max, blockSize: 1 << 20, threads: 1)
        for size in 1...text.utf8.count {
          #expect(
            outcome(text, format, pieces: .max, blockSize: size, threads: threads) == whole,
            "blocks of \(size) of \(text)")
          #expect(
            outcome(text, format, pieces: size, blockSize: 24, threads: threads) == whole,
            "pieces of \(size) of \(text)")
        }
      }
    }
  }

  @Test func goodFilesAreReadAndBadOnesRefused() {
    for (format, text) in Self.good {
      guard case .matrix = outcome(text, format, pieces: 5, blockSize: 16, threads: 2) else {
        Issue.record("refused: \(text)")
        continue
      }
    }
    for (format, text) in Self.bad {
      guard case .error = outcome(text, format, pieces: 5, blockSize: 16, threads: 2) else {
        Issue.record("accepted: \(text)")
        continue
      }
    }
  }

  /// Blocks of the usual size, so that several are on the way; duplicates and an error in the last of them.
  @Test func largeFilesDoNotDependOnTheThreads() throws {
    var random = SeededGenerator(seed: 5)
    let count = 150_000
    var text = "%%MatrixMarket matrix coordinate real general\n1000 1000 \(count)\n"
    for _ in 0..<count {
      text += "\(Int.random(in: 1...1000, using: &random)) \(Int.random(in: 1...1000, using: &random)) "
      text += "\(Double.random(in: -1...1, using: &random))\n"
    }
    let one = outcome(text, .matrixMarket, pieces: .max, blockSize: 1 << 20, threads: 1)
    guard case .matrix(_, let entries) = one else {
      Issue.record("refused")
      return
    }
    #expect(entries.count == count)
    #expect(outcome(text, .matrixMarket, pieces: 4099, blockSize: 1 << 16, threads: 4) == one)
    let broken = text + "1 1 1\n"
    let error = outcome(broken, .matrixMarket, pieces: .max, blockSize: 1 << 16, threads: 4)
    #expect(error == outcome(broken, .matrixMarket, pieces: .max, blockSize: 1 << 20, threads: 1))
    guard case .error(let message) = error else {
      Issue.record("accepted")
      return
    }
    #expect(message.contains(":\(count + 3):"))
  }

  @Test func aRowLongerThanABlockIsARow() throws {
    let columns = 400_000
    let text = (0..<2).map { i in (0..<columns).map { "\($0 % 10 + i)" }.joined(separator: ",") + "\n" }
      .joined()
    let contents: MatrixContents<Double> = try read(Array(text.utf8), .csv)
    #expect(contents.shape == Shape(2, columns))
  }
}
