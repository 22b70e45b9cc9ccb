// What a person reads: shapes, aligned corners, five digits, and no number that breaks the printing.

import Numerics
import TesseraLocalMatrices
import Testing

@Suite struct DescriptionTests {
  @Test func smallMatricesPrintWhole() throws {
    #expect(
      DenseMatrix<Double>([[1, -2.5], [100, 0.333333333]]).description == """
        DenseMatrix<Double> 2 x 2, row-major
                1     -2.5
              100  0.33333
        """)
    #expect(
      DenseMatrix<Complex<Float>>([[Complex(1, -2), Complex(0, 0.5)]]).sparse().description == """
        SparseMatrix<Complex<Float>> 1 x 2, CSR, 2 nonzeros
            1-2i  0+0.5i
        """)
    var entries = try TripletMatrix<Float>(rows: 3, columns: 4)
    entries.append(2, 3, 1.5)
    #expect(entries.description == "TripletMatrix<Float> 3 x 4, 1 entries\n  (2, 3)  1.5")
    #expect(DenseMatrix<Double>(zeros: 0, 5).description == "DenseMatrix<Double> 0 x 5, column-major")
  }

  @Test func largeMatricesPrintTheirCorners() {
    let a = DenseMatrix<Double>(rows: 20, columns: 9) { Double($0 * 10 + $1) }
    let lines = a.description.split(separator: "\n")
    #expect(lines.count == 9)
    #expect(lines[1] == "    0    1    2    3  ...    6    7    8")
    #expect(lines[5] == "    :    :    :    :    :    :    :    :")
    #expect(lines[8] == "  190  191  192  193  ...  196  197  198")
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1e300, "1.0e300"), (-1.23456789e-300, "-1.2346e-300"),
    (.leastNonzeroMagnitude, "4.9407e-324"), (Double.greatestFiniteMagnitude, "1.7977e308"),
    (99999.0, "99999"),
    (100000.0, "1.0e5"), (99999.96, "1.0e5"), (0.0001, "0.0001"), (0.1 + 0.2, "0.3"), (123.456789, "123.46"),
    (9.99999e-5, "0.0001"), (9.8765e-5, "9.8765e-5"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
    (2.0 / 3, "0.66667"),
  ])
  func everyNumberPrintsInFiveDigits(value: Double, text: String) {
    let lines = DenseMatrix<Double>([[value]]).description.split(separator: "\n")
    #expect(lines[1] == "  \(text)")
  }
}
