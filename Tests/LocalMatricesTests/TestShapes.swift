// The shapes that factorizations are tried on: empty, single, both sides of the diagonal, more than one
// block.

import Testing

/// Every pair of LAPACK's small sizes and some larger ones, tall, square and wide.
let testShapes: [(Int, Int)] =
  [0, 1, 2, 3, 10].flatMap { m in [0, 1, 2, 3, 10].map { (m, $0) } }
  + [(16, 30), (30, 16), (40, 40), (50, 3), (3, 50), (50, 50), (33, 50)]

/// Orders of square matrices.
let testOrders = [0, 1, 2, 3, 10, 16, 30, 50]
