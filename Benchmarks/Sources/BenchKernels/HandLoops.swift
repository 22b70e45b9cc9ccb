// The loops one would write by hand for Double, over raw pointers: what a generic kernel called through the
// public interface of another module is measured against.

/// A x, A compressed by rows, in a new array.
func handSparseTimesVector(_ offsets: [Int], _ indices: [Int32], _ values: [Double], _ x: [Double])
  -> [Double]
{
  [Double](unsafeUninitializedCapacity: offsets.count - 1) { y, count in
    offsets.withUnsafeBufferPointer { offsets in
      indices.withUnsafeBufferPointer { indices in
        values.withUnsafeBufferPointer { values in
          x.withUnsafeBufferPointer { x in
            for i in 0..<offsets.count - 1 {
              var sum = 0.0
              for q in offsets[i]..<offsets[i + 1] { sum += values[q] * x[Int(indices[q])] }
              y[i] = sum
            }
          }
        }
      }
    }
    count = offsets.count - 1
  }
}

/// y := A'(A x), A compressed by rows, each row read once.
func handGramTimesVector(
  _ offsets: [Int], _ indices: [Int32], _ values: [Double], _ x: [Double], _ y: inout [Double]
) {
  offsets.withUnsafeBufferPointer { offsets in
    indices.withUnsafeBufferPointer { indices in
      values.withUnsafeBufferPointer { values in
        x.withUnsafeBufferPointer { x in
          y.withUnsafeMutableBufferPointer { y in
            y.update(repeating: 0)
            for i in 0..<offsets.count - 1 {
              var t = 0.0
              for q in offsets[i]..<offsets[i + 1] { t += values[q] * x[Int(indices[q])] }
              for q in offsets[i]..<offsets[i + 1] { y[Int(indices[q])] += values[q] * t }
            }
          }
        }
      }
    }
  }
}
