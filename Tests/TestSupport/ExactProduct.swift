// C = A B by three loops in twice the working precision, beside |A||B|: the oracle of every product kernel.
// Source: Ogita, Rump, Oishi, Accurate Sum and Dot Product, 2005.

import TesseraLocalMatrices

/// A product correct to the last bit or so, and the bound that errors of a product are measured by.
public struct ExactProduct<S: Scalar>: Sendable {
  /// A B.
  public let product: DenseMatrix<S>
  /// |A||B|, elementwise moduli.
  public let bound: DenseMatrix<S.Real>

  /// 8mnk flops and more: small matrices only.
  public init(_ a: DenseMatrix<S>, _ b: DenseMatrix<S>) {
    precondition(a.columns == b.rows, "\(a.shape) times \(b.shape)")
    var bound = DenseMatrix<S.Real>(zeros: a.rows, b.columns)
    let (left, right) = (a.elements(in: .rowMajor), b.elements(in: .columnMajor))
    let k = a.columns
    product = DenseMatrix(rows: a.rows, columns: b.columns) { i, j in
      var real = CompensatedSum<S.Real>()
      var imaginary = CompensatedSum<S.Real>()
      var size: S.Real = 0
      for l in 0..<k {
        let (x, y) = (left[i * k + l], right[j * k + l])
        size += x.modulus * y.modulus
        real.add(x.realPart, y.realPart)
        if S.isComplex {
          real.add(-x.imaginaryPart, y.imaginaryPart)
          imaginary.add(x.realPart, y.imaginaryPart)
          imaginary.add(x.imaginaryPart, y.realPart)
        }
      }
      bound[i, j] = size
      return S(real: real.value, imaginary: imaginary.value)
    }
    self.bound = bound
  }
}

/// A sum of products with the rounding errors of both summed apart.
private struct CompensatedSum<Real: RealScalar> {
  private var sum: Real = 0
  private var error: Real = 0

  mutating func add(_ x: Real, _ y: Real) {
    let product = x * y
    let total = sum + product
    let part = total - sum
    error += (sum - (total - part)) + (product - part) + (-product).addingProduct(x, y)
    sum = total
  }

  var value: Real { sum + error }
}
