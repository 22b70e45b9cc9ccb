// left = left op right, element by element: what a reduction of numbers does with two workers' numbers, the
// lower ranks' on the left. Floating-point operations are not associative, so the order is part of the
// result: every algorithm, on every transport, combines along the tree of the ranks' binary digits
//
//   P = 7     ((0 1) (2 3)) ((4 5) 6)
//
// and gives the same bits. Cost: one read of both, one write of the left.

/// An associative operation on two buffers of equal length that leaves its result in the left one.
public struct Elementwise<Element: Sendable>: Sendable {
  /// left = left op right.
  public let combine:
    @Sendable (_ left: UnsafeMutableBufferPointer<Element>, _ right: UnsafeBufferPointer<Element>) -> Void

  /// An operation on whole buffers.
  public init(
    _ combine:
      @escaping @Sendable (
        _ left: UnsafeMutableBufferPointer<Element>, _ right: UnsafeBufferPointer<Element>
      ) -> Void
  ) {
    self.combine = combine
  }
}

// Inlinable, so that the loop is compiled for the element of whoever asks.

extension Elementwise where Element: AdditiveArithmetic {
  /// The sum.
  @inlinable public static var sum: Elementwise {
    Elementwise { left, right in
      for i in left.indices { left[i] += right[i] }
    }
  }
}

extension Elementwise where Element: Comparable {
  /// The larger of the two; the left one where neither is, so that a NaN of the lowest rank stays.
  @inlinable public static var maximum: Elementwise {
    Elementwise { left, right in
      for i in left.indices where right[i] > left[i] { left[i] = right[i] }
    }
  }

  /// The smaller of the two; the left one where neither is.
  @inlinable public static var minimum: Elementwise {
    Elementwise { left, right in
      for i in left.indices where right[i] < left[i] { left[i] = right[i] }
    }
  }
}
