// Vectors are arrays; these are the verbs of BLAS level 1 on them. x and y have n elements; each costs
// O(n). Lengths beyond 2^31-1 are taken in pieces, because BLAS counts in 32 bits.

import Numerics

internal import COpenBLAS

/// `count` zeros. Generic code that is not specialized fills an array element by element; zero is zero bytes in
/// every scalar.
package func zeroVector<S: Scalar>(count: Int, of _: S.Type = S.self) -> [S] {
  [S](unsafeUninitializedCapacity: count) { x, initialized in
    _ = UnsafeMutableRawBufferPointer(x).initializeMemory(as: UInt8.self, repeating: 0)
    initialized = count
  }
}

/// x^H y, the inner product, conjugating the left argument.
///
/// - Precondition: equal lengths.
public func dot<S: Scalar>(_ x: [S], _ y: [S]) -> S {
  precondition(x.count == y.count, "dot of \(x.count) and \(y.count) elements")
  var sum: S = 0
  x.withUnsafeBufferPointer { x in
    y.withUnsafeBufferPointer { y in
      forEachPiece(of: x.count) { start, count in
        var part: S = 0
        withUnsafeMutablePointer(to: &part) { part in
          tessera_dot(
            S.kind.letter, count, x.baseAddress! + start, y.baseAddress! + start, part)
        }
        sum += part
      }
    }
  }
  return sum
}

/// |x|_2, the Euclidean norm, without overflow of the squares.
public func norm<S: Scalar>(_ x: [S]) -> S.Real {
  var sum: S.Real = 0
  x.withUnsafeBufferPointer { x in
    forEachPiece(of: x.count) { start, count in
      let part = S.Real(tessera_nrm2(S.kind.letter, count, x.baseAddress! + start))
      sum = start == 0 ? part : hypotenuse(sum, part)
    }
  }
  return sum
}

/// y := alpha x + y.
///
/// - Precondition: equal lengths.
public func axpy<S: Scalar>(_ alpha: S, _ x: [S], _ y: inout [S]) {
  precondition(x.count == y.count, "axpy of \(x.count) and \(y.count) elements")
  withUnsafePointer(to: alpha) { alpha in
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        forEachPiece(of: x.count) { start, count in
          tessera_axpy(
            S.kind.letter, count, alpha, x.baseAddress! + start, y.baseAddress! + start)
        }
      }
    }
  }
}

/// x := alpha x.
public func scale<S: Scalar>(_ alpha: S, _ x: inout [S]) {
  withUnsafePointer(to: alpha) { alpha in
    x.withUnsafeMutableBufferPointer { x in
      forEachPiece(of: x.count) { start, count in
        tessera_scal(S.kind.letter, count, alpha, x.baseAddress! + start)
      }
    }
  }
}

/// Calls `body` with (start, count) for consecutive pieces that a 32-bit count can hold.
private func forEachPiece(of total: Int, _ body: (Int, Int32) -> Void) {
  var start = 0
  while start < total {
    let count = min(total - start, 1 << 30)
    body(start, Int32(count))
    start += count
  }
}
