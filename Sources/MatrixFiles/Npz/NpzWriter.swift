// A matrix to a NumPy archive: triplets as scipy.sparse.save_npz writes compressed rows, a dense matrix as its
// only array, `arr_0`. O(entries); deflated.

import TesseraLocalMatrices

/// Writes .npz files.
enum NpzWriter {
  /// Writes `contents` to the sink that `open` returns, duplicates added up.
  ///
  /// - Throws: `badData` when the row starts do not fit this machine; what the sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, file: String, open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    switch contents {
    case .dense(let matrix):
      let archive = ZipWriter(try open(), name: file)
      try archive.append("arr_0.npy") { sink throws(FileFormatError) in try NpyWriter.send(matrix, to: sink) }
      try archive.finish()
    case .triplets:
      let matrix = try contents.rows(file: file)
      let archive = ZipWriter(try open(), name: file)
      try archive.append("indices.npy") { sink throws(FileFormatError) in
        try NpyWriter.send(matrix.indices, to: sink)
      }
      // Both index arrays have one type, as SciPy leaves them, unless the counts need the wider one.
      try archive.append("indptr.npy") { sink throws(FileFormatError) in
        if matrix.indices.count <= Int32.max {
          try NpyWriter.send(matrix.offsets.map { Int32(truncatingIfNeeded: $0) }, to: sink)
        } else {
          try NpyWriter.send(matrix.offsets, to: sink)
        }
      }
      try archive.append("format.npy") { sink throws(FileFormatError) in
        try NpyWriter.send(text: "csr", to: sink)
      }
      try archive.append("shape.npy") { sink throws(FileFormatError) in
        try NpyWriter.send([matrix.rows, matrix.columns], to: sink)
      }
      try archive.append("data.npy") { sink throws(FileFormatError) in
        try NpyWriter.send(matrix.values, to: sink)
      }
      try archive.finish()
    }
  }
}
