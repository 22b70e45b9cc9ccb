// The least number of words that some worker must receive, whatever the algorithm, when operands and result
// are spread once over P workers. With a >= b >= c the sorted m, k, n a worker must touch at least
//
//   D = (ab + ac)/P + bc           P <= a/b            (1-D)
//   D = 2 sqrt(abc^2/P) + ab/P     a/b <= P <= ab/c^2  (2-D)
//   D = 3 (abc/P)^(2/3)            ab/c^2 <= P         (3-D)
//
// words, of which (mk + kn + mn)/P lie there already. Source: Al Daas, Ballard, Grigori, Kumar, Rouse, Tight
// Memory-Independent Parallel Matrix Multiplication Communication Lower Bounds, SPAA 2022, theorem 3. For
// A^H A of order n and inner length q: the same authors, Communication Lower Bounds and Optimal Algorithms
// for Symmetric Matrix Computations, 2024: half of it in the leading term.

import Numerics

/// Lower bounds on communication.
public enum CommunicationBound {
  /// Words that some of `workers` workers must receive for C (m x n) = A (m x k) B (k x n), all dense.
  public static func product(rows m: Int, inner k: Int, columns n: Int, workers: Int) -> Double {
    let sorted = [Double(m), Double(k), Double(n)].sorted(by: >)
    let (a, b, c, p) = (sorted[0], sorted[1], sorted[2], Double(workers))
    guard c > 0, workers > 1 else { return 0 }
    let touched =
      if p * b <= a {
        (a * b + a * c) / p + b * c
      } else if p * c * c <= a * b {
        2 * (a * b * c * c / p).squareRoot() + a * b / p
      } else {
        3 * power(a * b * c / p, 2.0 / 3)
      }
    return max(0, touched - (a * b + b * c + a * c) / p)
  }

  /// Words that some of `workers` workers must receive for one triangle of A^H A, A dense q x n.
  public static func gram(inner q: Int, order n: Int, workers: Int) -> Double {
    let (q, n, p) = (Double(q), Double(n), Double(workers))
    guard q > 0, n > 1, workers > 1 else { return 0 }
    let triangle = n * (n - 1) / 2
    // The cases are those of the product, by where their bounds meet.
    let touched =
      if n <= q, p * (n * (n - 1)).squareRoot() <= q {
        n * q / p + triangle
      } else if q < n, p * q * q <= n * (n - 1) {
        n * q / p.squareRoot() + triangle / p
      } else {
        1.5 * power(n * (n - 1) * q / p, 2.0 / 3)
      }
    return max(0, touched - (n * q + triangle) / p)
  }
}

private func power(_ x: Double, _ exponent: Double) -> Double { Double.pow(x, exponent) }
