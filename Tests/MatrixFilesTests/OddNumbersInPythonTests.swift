// Numbers that formats get wrong, bit for bit between this library and SciPy, NumPy, scikit-learn and h5py, in both
// directions: NaN, infinities, the zero with a sign, subnormals, the ends of the range, and ones that need all digits.
// What Python cannot is told where it is left out. Skipped, with a word, where Python does not have the packages.

import Foundation
import TesseraLocalMatrices
import Testing

@testable import TesseraMatrixFiles

private let hasSciPy = pythonHas("numpy, scipy.io")
private let hasSklearn = pythonHas("numpy, scipy.sparse, sklearn.datasets")
private let hasH5py = pythonHas("numpy, scipy.sparse, h5py")

/// What each script begins with: the matrix, by the bits in a file, and what makes a matrix the same.
private let prelude = """
  import sys, numpy as np, scipy.io as sio, scipy.sparse as sp
  folder = sys.argv[1]
  odd = np.fromfile(folder + 'bits', '<f8').reshape(4, 3)
  def same(a, want=odd):
    a, w = (np.ascontiguousarray(x, np.float64).view(np.uint64) for x in (a, want))
    return a.shape == w.shape and ((a == w) | (np.isnan(a.view(np.float64)) & np.isnan(w.view(np.float64)))).all()
  def same_entries(s, want=odd):
    s = s.tocoo()
    return s.shape == want.shape and s.nnz == want.size and same(s.data, want[s.row, s.col])
  """

@Suite struct OddNumbersInPythonTests {
  /// No zero without a sign among them: that is no entry of a sparse file.
  private static let numbers: [Double] = [
    .nan, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNormalMagnitude,
    .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, 1 / 3, 1 + .ulpOfOne, 0.1, -123_456_789,
  ]

  private static let dense = DenseMatrix<Double>(rows: 4, columns: 3) { i, j in numbers[3 * i + j] }

  private static func entries() throws -> TripletMatrix<Double> {
    var list = try TripletMatrix<Double>(rows: 4, columns: 3)
    for i in 0..<4 { for j in 0..<3 { list.append(i, j, dense[i, j]) } }
    return list
  }

  /// Runs `script` in a folder with the bits of the matrix and, for what Python reads, `files` of ours.
  private func withPython(
    writing files: [(name: String, contents: MatrixContents<Double>)] = [], _ script: String,
    _ body: (_ folder: String, _ output: String) throws -> Void = { _, _ in }
  ) throws {
    try withFolder { folder in
      try Data(Self.numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
        .write(to: URL(filePath: folder + "bits"))
      for (name, contents) in files { try MatrixFile.write(contents, to: folder + name) }
      let said = try #require(output(of: ["python3", "-W", "ignore", "-c", prelude + "\n" + script, folder]))
      try body(folder, said)
    }
  }

  /// Reads the files that a script has named, each with the bits of its elements in `name.bits`.
  private func check(_ folder: String, _ said: String, files: Int) throws {
    let names = said.split(separator: "\n")
    #expect(names.count == files)
    for name in names {
      let contents = try MatrixFile.read(folder + name, as: Double.self).contents
      let bytes = try Data(contentsOf: URL(filePath: folder + name + ".bits"))
      let wanted = bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      let (rows, columns) = (contents.shape.rows, contents.shape.columns)
      #expect(rows * columns == wanted.count, "\(name)")
      // Zeros without a sign are no entries of a list.
      var places = Set((0..<wanted.count).filter { wanted[$0].bitPattern != 0 })
      for entry in contents.entries {
        let place = entry.row * columns + entry.column
        #expect(
          entry == Entry(entry.row, entry.column, wanted[place]), "\(name): (\(entry.row), \(entry.column))")
        places.remove(place)
      }
      #expect(places.isEmpty, "\(name)")
    }
  }

  @Test(.enabled(if: hasSciPy)) func numPyAndSciPyReadThem() throws {
    let (dense, list) = (MatrixContents.dense(Self.dense), MatrixContents.triplets(try Self.entries()))
    try withPython(
      writing: [
        ("a.npy", dense), ("a.npz", dense), ("s.npz", list), ("s.mtx", list), ("a.mtx", dense),
        ("a.csv", dense),
        ("a.tsv", dense), ("a.idx", dense),
      ],
      """
      assert same(np.load(folder + 'a.npy')) and same(np.load(folder + 'a.npz')['arr_0'])
      assert same_entries(sp.load_npz(folder + 's.npz')) and same_entries(sio.mmread(folder + 's.mtx'))
      # mmread adds the elements of an array to zeros, which takes the sign of a zero.
      assert same(sio.mmread(folder + 'a.mtx'), odd + 0.0)
      assert same(np.loadtxt(folder + 'a.csv', delimiter=',')) and same(np.loadtxt(folder + 'a.tsv', delimiter='\\t'))
      # Nothing in Python reads IDX: its definition does.
      raw = open(folder + 'a.idx', 'rb').read()
      assert raw[:4] == bytes([0, 0, 0x0e, 2]) and tuple(np.frombuffer(raw, '>u4', 2, 4)) == (4, 3)
      assert same(np.frombuffer(raw, '>f8', offset=12).reshape(4, 3))
      """)
  }

  @Test(.enabled(if: hasSciPy)) func whatNumPyAndSciPyWriteIsRead() throws {
    try withPython(
      """
      def keep(name, a=odd):
        np.ascontiguousarray(a, np.float64).tofile(folder + name + '.bits'); print(name)
      s = sp.csr_array((odd.ravel(), np.tile(np.arange(3), 4), np.arange(0, 13, 3)), shape=(4, 3))
      for name, a in [('c.npy', odd), ('f.npy', np.asfortranarray(odd)), ('b.npy', odd.astype('>f8'))]:
        np.save(folder + name, a); keep(name)
      narrow = odd.astype(np.float32); np.save(folder + 'n.npy', narrow); keep('n.npy', narrow.astype(np.float64))
      np.savez(folder + 'a.npz', odd); keep('a.npz')
      np.savez_compressed(folder + 'p.npz', odd); keep('p.npz')
      for kind in ['csr', 'csc', 'coo']:
        sp.save_npz(folder + kind + '.npz', s.asformat(kind)); keep(kind + '.npz')
      sio.mmwrite(folder + 'a.mtx', odd); keep('a.mtx')
      sio.mmwrite(folder + 's.mtx', s); keep('s.mtx')
      np.savetxt(folder + 'a.csv', odd, fmt='%.17g', delimiter=','); keep('a.csv')
      np.savetxt(folder + 'a.tsv', odd, delimiter='\\t', fmt='%.17e'); keep('a.tsv')
      def idx(name, code, a, kind):
        sizes = b''.join(int(n).to_bytes(4, 'big') for n in a.shape)
        open(folder + name, 'wb').write(bytes([0, 0, code, a.ndim]) + sizes + a.astype(kind).tobytes())
        keep(name, a.reshape(a.shape[0], -1))
      idx('a.idx', 0x0e, odd, '>f8'); idx('n.idx', 0x0d, narrow, '>f4')
      images = np.arange(60).reshape(5, 3, 4)
      idx('u-idx3-ubyte', 8, images, 'u1'); idx('i.idx', 9, images - 30, 'i1')
      idx('h.idx', 0x0b, 500 * (images - 30), '>i2'); idx('w.idx', 0x0c, 10**7 * (images - 30), '>i4')
      idx('v-idx1-ubyte', 8, images[0].ravel(), 'u1')
      """
    ) { folder, said in try check(folder, said, files: 20) }
  }

  @Test(.enabled(if: hasSklearn)) func scikitLearnReadsThem() throws {
    try withPython(
      writing: [("a.svm", .triplets(try Self.entries())), ("a.svm.gz", .triplets(try Self.entries()))],
      """
      from sklearn.datasets import load_svmlight_file
      for name in ['a.svm', 'a.svm.gz']:
        x, y = load_svmlight_file(folder + name, n_features=3, zero_based=False)
        assert same_entries(x) and (y == 0).all()
      """)
    // Labels and queries too.
    try withPython(
      """
      from sklearn.datasets import load_svmlight_file
      open(folder + 'l.svm', 'w').write('1.5 qid:3 1:0.1 3:2\\n-1 qid:3\\n0 qid:7 2:4e-320\\n')
      """
    ) { folder, _ in
      let rows = try MatrixFile.readLabeled(folder + "l.svm", as: Double.self)
      try MatrixFile.writeLabeled(rows, to: folder + "m.svm")
      let script = """
        import sys
        from sklearn.datasets import load_svmlight_file
        a, b = (load_svmlight_file(sys.argv[1] + n, query_id=True, zero_based=False) for n in ['l.svm', 'm.svm'])
        assert (a[0] != b[0]).nnz == 0 and (a[1] == b[1]).all() and (a[2] == b[2]).all()
        """
      #expect(output(of: ["python3", "-c", script, folder]) != nil)
    }
  }

  /// Which refuses NaN and infinities, leaves out zeros, and writes 16 digits of a number.
  @Test(.enabled(if: hasSklearn)) func whatScikitLearnWritesIsRead() throws {
    try withPython(
      """
      from sklearn.datasets import dump_svmlight_file
      finite = np.where(np.isfinite(odd) & (odd != 0), odd, 0.5)
      dump_svmlight_file(finite, [1, -1, 0, 2.5], folder + 'a.svm', zero_based=False, comment='by scikit-learn')
      np.array([float('%.16g' % x) for x in finite.ravel()]).tofile(folder + 'a.svm.bits'); print('a.svm')
      """
    ) { folder, said in
      try check(folder, said, files: 1)
      #expect(try MatrixFile.readLabeled(folder + "a.svm", as: Double.self).labels == [1, -1, 0, 2.5])
    }
  }

  #if HDF5
    @Test(.enabled(if: hasH5py)) func h5pyReadsThem() throws {
      try withPython(
        writing: [("a.h5", .dense(Self.dense)), ("s.h5", .triplets(try Self.entries()))],
        """
        import h5py
        with h5py.File(folder + 'a.h5') as f: assert same(f['matrix'][()])
        with h5py.File(folder + 's.h5') as f:
          g = f['matrix']
          arrays = tuple(g[n][()] for n in ['data', 'indices', 'indptr'])
          assert same_entries(sp.csr_array(arrays, shape=tuple(g['shape'][()])))
        """)
    }

    @Test(.enabled(if: hasH5py)) func whatH5pyWritesIsRead() throws {
      try withPython(
        """
        import h5py
        def keep(name, a=odd):
          np.ascontiguousarray(a, np.float64).tofile(folder + name + '.bits'); print(name)
        narrow = odd.astype(np.float32)
        for name, a, more in [('a.h5', odd, {}), ('b.h5', odd.astype('>f8'), {}), ('n.h5', narrow, {}),
                              ('p.h5', odd, dict(chunks=(2, 2), compression='gzip', shuffle=True))]:
          with h5py.File(folder + name, 'w') as f: f.create_dataset('x', data=a, **more)
          keep(name, a.astype(np.float64))
        with h5py.File(folder + 's.h5', 'w') as f:
          g = f.create_group('m')
          g['data'] = odd.ravel(); g['indices'] = np.tile(np.arange(3), 4); g['indptr'] = np.arange(0, 13, 3)
          g['shape'] = [4, 3]; g.attrs['encoding-type'] = 'csr_matrix'
        keep('s.h5')
        """
      ) { folder, said in try check(folder, said, files: 5) }
    }
  #endif
}
