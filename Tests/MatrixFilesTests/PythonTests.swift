// NumPy and SciPy read what is written here, and what they write is read here. Skipped, with a word, where
// Python does not have them.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

private let hasSciPy = pythonHas("numpy, scipy.io")

@Suite(.enabled(if: hasSciPy)) struct PythonTests {
  /// One check per file: shape, and elements bit for bit, against the formula that made them.
  private static let verify = """
    import sys, numpy as np, scipy.io as sio, scipy.sparse as sp, gzip, tarfile
    folder = sys.argv[1]
    def value(t, i, j):
      x = np.float32 if t in 'fc' else np.float64
      re = x(i + 1) / x(j + 3)
      return re if t in 'fd' else (np.complex64 if t == 'c' else np.complex128)(re + 1j * (-re / x(7)))
    for t in 'fdcz':
      want = np.array([[value(t, i, j) for j in range(3)] for i in range(5)])
      for name in ['row.npy', 'column.npy', 'list.npy', 'row.npy.gz']:
        path = folder + t + name
        a = np.load(gzip.open(path) if name.endswith('gz') else path)
        assert a.dtype == want.dtype and a.shape == want.shape and (a == want).all(), path
      assert np.load(folder + t + 'column.npy').flags.f_contiguous
      for name in ['row.mtx', 'list.mtx', 'list.mtx.gz']:
        a = sio.mmread(folder + t + name)
        a = a if isinstance(a, np.ndarray) else a.toarray()
        assert a.shape == want.shape and (a.astype(want.dtype) == want).all(), name
      for name in ['symmetric.mtx', 'skew-symmetric.mtx', 'hermitian.mtx']:
        a = sio.mmread(folder + t + name).toarray()
        other = {'s': a.T, 'k': -a.T, 'h': a.T.conj()}[name[1] if name[1] == 'k' else name[0]]
        assert a.shape == (2, 2) and a[1, 0] != 0 and (a == other).all(), name
      a = np.load(folder + t + 'dense.npz')['arr_0']
      assert a.dtype == want.dtype and (a == want).all()
      a = sp.load_npz(folder + t + 'sparse.npz')
      assert a.format == 'csr' and a.dtype == want.dtype and (a.toarray() == want).all()
      for name, mark in [('table.csv', ','), ('table.tsv.gz', '\\t')]:
        a = np.loadtxt(folder + t + name, dtype=want.dtype, delimiter=mark)
        assert (a == want).all(), name
      with tarfile.open(folder + t + 'name.tar.gz') as archive:
        member = archive.extractfile(t + 'name/' + t + 'name.mtx')
        assert (sio.mmread(member).toarray().astype(want.dtype) == want).all()
    """

  private static let generate = """
    import sys, numpy as np, scipy.io as sio, scipy.sparse as sp, gzip
    folder = sys.argv[1]
    r = np.random.default_rng(5)
    def keep(name, a):
      a = a.toarray() if sp.issparse(a) else np.atleast_1d(a)
      np.ascontiguousarray(a.astype(complex)).tofile(folder + name + '.elements')
      print(name, a.shape[0], a.shape[1] if a.ndim > 1 else 1)
    for t in ['?', 'i1', 'u1', '>i2', '<u2', '<i4', '>u4', '<i8', '>u8', '<f2', '>f2', '<f4', '>f4', '<f8',
              '>f8', '<c8', '>c8', '<c16', '>c16']:
      for order in 'CF':
        a = (100 * r.random((4, 3))).astype(t).copy(order=order)
        if a.dtype.kind == 'c': a = a * a.dtype.type(1 + 2j)
        a = a.astype(t, order=order)
        name = 'n' + t.replace('<', 'l').replace('>', 'b').replace('?', 'o') + order + '.npy'
        np.save(folder + name, a)
        keep(name, a)
    for n, a in [('vector', np.arange(5.0)), ('scalar', np.array(2.5)), ('none', np.zeros((0, 4)))]:
      np.save(folder + n + '.npy', a)
      keep(n + '.npy', a)
    for kind in ['coo', 'csc', 'csr']:
      a = sp.random(30, 20, 0.2, kind, random_state=r)
      sio.mmwrite(folder + kind + '.mtx', a)
      keep(kind + '.mtx', a)
      sio.mmwrite(folder + kind + 'i.mtx', (a * (1 + 1j)))
      keep(kind + 'i.mtx', a * (1 + 1j))
    b = r.random((6, 6)) + 1j * r.random((6, 6))
    for n, a in [('general', b), ('real', b.real), ('symmetric', b.real + b.real.T), ('skew', b.real - b.real.T),
                 ('hermitian', b + b.conj().T), ('integers', (100 * b.real).astype(int))]:
      sio.mmwrite(folder + n + '.mtx', a, precision=17)
      keep(n + '.mtx', a)
      sio.mmwrite(folder + n + 's.mtx', sp.coo_array(a), precision=17)
      keep(n + 's.mtx', a)
    def sparse(kind, a, **more):
      name = kind + '.npz'
      sp.save_npz(folder + name, a, **more)
      keep(name, a)
    a = sp.random(30, 20, 0.2, 'csr', random_state=r)
    sparse('csr', a); sparse('csc', a.tocsc(), compressed=False); sparse('coo', a.tocoo() * 1j)
    sparse('bsr', sp.bsr_array(a, blocksize=(3, 5)))
    sparse('dia', sp.dia_array((r.random((4, 9)), [-2, 0, 1, 7]), shape=(6, 8)))
    wide = a.copy(); wide.indices = wide.indices.astype(np.int64); wide.indptr = wide.indptr.astype(np.int64)
    sp.save_npz(folder + 'wide.npz', wide); keep('wide.npz', a)
    np.savez(folder + 'one.npz', b); keep('one.npz', b)
    np.savez_compressed(folder + 'packed.npz', np.asfortranarray(b.real)); keep('packed.npz', b.real)
    np.savetxt(folder + 'plain.csv', b.real, delimiter=','); keep('plain.csv', b.real)
    np.savetxt(folder + 'z.csv', b, delimiter=',', header='a comment'); keep('z.csv', b)
    np.savetxt(folder + 'names.tsv', b.real, delimiter='\\t', header='\\t'.join('uvwxyz'), comments=''); keep('names.tsv', b.real)
    with gzip.open(folder + 'z.mtx.gz', 'wb') as f: sio.mmwrite(f, b)
    keep('z.mtx.gz', b)
    """

  @Test func pythonReadsWhatIsWritten() throws {
    func write<S: Scalar>(_ folder: String, _ letter: String, _: S.Type) throws {
      let dense = DenseMatrix<S>(rows: 5, columns: 3) { i, j in
        let real = S.Real(i + 1) / S.Real(j + 3)
        return S(real: real, imaginary: -real / 7)
      }
      let rowMajor = try DenseMatrix(
        rows: 5, columns: 3, order: .rowMajor, elements: dense.elements(in: .rowMajor))
      for name in ["column.npy"] { try MatrixFile.write(.dense(dense), to: folder + letter + name) }
      for name in ["row.npy", "row.npy.gz", "row.mtx"] {
        try MatrixFile.write(.dense(rowMajor), to: folder + letter + name)
      }
      for name in ["dense.npz", "table.csv", "table.tsv.gz"] {
        try MatrixFile.write(.dense(dense), to: folder + letter + name)
      }
      for name in ["list.npy", "list.mtx", "list.mtx.gz", "sparse.npz", "name.tar.gz"] {
        try MatrixFile.write(.triplets(dense.triplets()), to: folder + letter + name)
      }
      for symmetry in MatrixSymmetry.allCases where symmetry != .general {
        var list = try TripletMatrix<S>(rows: 2, columns: 2)
        list.append(1, 0, dense[1, 1])
        list.append(0, 1, symmetry.mirrored(dense[1, 1]))
        try MatrixFile.write(
          .triplets(list), to: folder + letter + symmetry.rawValue + ".mtx", symmetry: symmetry)
      }
    }
    try withFolder { folder in
      try write(folder, "f", Float.self)
      try write(folder, "d", Double.self)
      try write(folder, "c", Complex<Float>.self)
      try write(folder, "z", Complex<Double>.self)
      #expect(output(of: ["python3", "-c", Self.verify, folder]) != nil)
    }
  }

  @Test func whatPythonWritesIsRead() throws {
    try withFolder { folder in
      let lines = try #require(output(of: ["python3", "-c", Self.generate, folder])).split(separator: "\n")
      #expect(lines.count > 55)
      for line in lines {
        let fields = line.split(separator: " ")
        let (_, contents) = try MatrixFile.read(folder + fields[0], as: Complex<Double>.self)
        #expect(contents.shape == Shape(Int(fields[1]) ?? -1, Int(fields[2]) ?? -1), "\(line)")
        // Every element where it belongs; texts of SciPy's have 16 digits.
        let bytes = try Data(contentsOf: URL(filePath: folder + fields[0] + ".elements"))
        let wanted = bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        var found = [Double](repeating: 0, count: wanted.count)
        for entry in contents.entries {
          let place = 2 * (entry.row * contents.shape.columns + entry.column)
          found[place] += Double(bitPattern: entry.real)
          found[place + 1] += Double(bitPattern: entry.imaginary)
        }
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-14 * abs($1) }, "\(line)")
      }
    }
  }
}
