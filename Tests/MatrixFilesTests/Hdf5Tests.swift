// HDF5: what is written reads back bit for bit, from a disk and from a stream; h5py reads what is written here, and
// what h5py writes is read here; files that are damaged or point out of themselves get their verdict.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

#if HDF5
  private let hasH5py = pythonHas("numpy, scipy.sparse, h5py")

  private func numbers<S: Scalar>(_ rows: Int, _ columns: Int, _: S.Type) -> DenseMatrix<S> {
    let odd: [S.Real] = [0, -0.0, .nan, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3]
    return DenseMatrix(rows: rows, columns: columns) { i, j in
      S(real: odd[(i * columns + j) % odd.count], imaginary: odd[(3 * i + j) % odd.count])
    }
  }

  /// A sink that tells when all that a library writes into it has been written.
  private final class Watched: ByteSink {
    private let base: any ByteSink
    private let whenWritten: () -> Void

    init(_ base: any ByteSink, _ whenWritten: @escaping () -> Void) {
      (self.base, self.whenWritten) = (base, whenWritten)
    }

    var unfinishedPath: String? { base.unfinishedPath }
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) { try base.write(bytes) }
    func finish() throws(FileFormatError) {
      whenWritten()
      try base.finish()
    }
  }

  @Suite struct Hdf5Tests {
    @Test(arguments: [(0, 0), (0, 5), (5, 0), (1, 1), (1, 7), (7, 1), (31, 37)])
    func matricesSurviveBitForBitOnADiskAndInAStream(_ shape: (Int, Int)) throws {
      func check<S: Scalar>(_: S.Type, in folder: String) throws {
        let a = numbers(shape.0, shape.1, S.self)
        let rowMajor = try DenseMatrix(
          rows: shape.0, columns: shape.1, order: .rowMajor, elements: a.elements(in: .rowMajor))
        let compressed = MatrixContents.triplets(try a.triplets().compressed(by: .rows).triplets())
        for (contents, wanted) in [
          (MatrixContents.dense(a), MatrixContents.dense(rowMajor)), (.dense(a.transposed().adjoint()), nil),
          (.triplets(a.triplets()), compressed),
        ] {
          try MatrixFile.write(contents, to: folder + "a.h5")
          let (header, file) = try MatrixFile.read(folder + "a.h5", as: S.self)
          #expect(try MatrixFile.readHeader(folder + "a.h5") == header)
          #expect(header.scalar == S.kind && header.rows == contents.shape.rows)
          let stream: MatrixContents<S> = try read(written(contents, .hdf5), as: S.self, .hdf5, pieces: 7)
          #expect(stream.shape == file.shape && stream.entries == file.entries)
          if let wanted { #expect(file.shape == wanted.shape && file.entries == wanted.entries) }
        }
      }
      try withFolder { folder in
        try check(Float.self, in: folder)
        try check(Double.self, in: folder)
        try check(Complex<Float>.self, in: folder)
        try check(Complex<Double>.self, in: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.h5"])
      }
    }

    @Test func partsAndHeadsOfADatasetAreItsRows() throws {
      try withFolder { folder in
        let path = folder + "a.hdf5"
        let a = DenseMatrix<Double>(rows: 11, columns: 3) { i, j in Double(10 * i + j) }
        try MatrixFile.write(.dense(a), to: path)
        #expect(try MatrixFile.headerOfParts(path)?.rows == 11)
        for parts in 1...17 {
          var rows: [Double] = []
          for part in 0..<parts {
            let read = try MatrixFile.read(path, part: part, of: parts, as: Double.self)
            #expect(read.firstRow * 3 == rows.count)
            if case .dense(let slab) = read.contents { rows += slab.elements(in: .rowMajor) }
          }
          #expect(rows == a.elements(in: .rowMajor))
        }
        let head = try MatrixFile.readHead(path, count: 2, as: Double.self)
        #expect(head.rows == 11 && head.columns == 3 && head.contents.shape == Shape(2, 3))
        try MatrixFile.write(.triplets(a.triplets()), to: path)
        #expect(try MatrixFile.headerOfParts(path) == nil)
        guard case .triplets(let first) = try MatrixFile.readHead(path, count: 4, as: Double.self).contents
        else {
          Issue.record("not a list")
          return
        }
        #expect(first.entryCount == 4)
      }
    }

    /// A file that is open here is read whatever it is called by now, and bytes that have no file whatever files there are.
    @Test func whatIsOpenIsReadUnderAnyName() throws {
      try withFolder { folder in
        let matrix = MatrixContents.dense(DenseMatrix<Double>([[1, 2], [3, 4]]))
        let bytes = try written(matrix, .hdf5)
        try Data(bytes).write(to: URL(filePath: folder + "a.h5"))
        let descriptor = open(folder + "a.h5", O_RDONLY)
        defer { close(descriptor) }
        try FileManager.default.moveItem(atPath: folder + "a.h5", toPath: folder + "b.h5")
        let found = try MatrixFile.read("/dev/fd/\(descriptor)", as: Double.self, format: .hdf5)
        #expect(found.contents.entries == matrix.entries)
        // What libhdf5 would find under this name is another file.
        try Data(bytes.reversed()).write(to: URL(filePath: folder + "A"))
        #expect(try read(bytes, as: Double.self, .hdf5).entries == matrix.entries)
      }
    }

    @Test func everyCutEndsInAnError() throws {
      let a = DenseMatrix<Double>(rows: 3, columns: 2) { i, j in Double(i - j) }
      for contents in [MatrixContents.dense(a), .triplets(a.triplets())] {
        let whole = try written(contents, .hdf5)
        for length in stride(from: 0, to: whole.count, by: 97) {
          let error = #expect(throws: FileFormatError.self) {
            try read(Array(whole[..<length]), as: Double.self, .hdf5)
          }
          #expect(error?.kind == .badData)
        }
      }
    }

    /// As long as the library writes it, and when that ends suddenly, the file is under no name.
    @Test func aFileOfTheLibrarysHasNoNameBeforeItIsWhole() throws {
      try withFolder { folder in
        let sink = try openSink(folder + "a.h5")
        let path = try #require(sink.unfinishedPath)
        let matrix = MatrixContents.dense(DenseMatrix<Double>([[1, 2], [3, 4]]))
        var names: [String] = []
        try MatrixFile.write(matrix, .hdf5, file: "a.h5", symmetry: .general) { () throws(FileFormatError) in
          Watched(sink) { names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? ["?"] }
        }
        #expect(path.hasPrefix("/proc/self/fd/") == names.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.h5"])
        #expect(try MatrixFile.read(folder + "a.h5", as: Double.self).contents.entries == matrix.entries)
      }
    }

    @Test(.enabled(if: hasH5py)) func h5pyReadsWhatIsWritten() throws {
      let script = """
        import sys, h5py, numpy as np, scipy.sparse as sp
        folder = sys.argv[1]
        for t, dtype in [('f', np.float32), ('d', np.float64), ('c', np.complex64), ('z', np.complex128)]:
          part = np.float32 if t in 'fc' else np.float64
          def value(i, j):
            re = part(i + 1) / part(j + 3)
            return re if t in 'fd' else dtype(complex(re, -re / part(7)))
          want = np.array([[value(i, j) for j in range(3)] for i in range(5)], dtype)
          with h5py.File(folder + t + 'dense.h5') as f:
            a = f['matrix'][()]
            assert a.dtype == dtype and a.shape == (5, 3) and (a == want).all(), t
          with h5py.File(folder + t + 'sparse.h5') as f:
            g = f['matrix']
            assert g.attrs['encoding-type'] == b'csr_matrix' or g.attrs['encoding-type'] == 'csr_matrix'
            a = sp.csr_array((g['data'][()], g['indices'][()], g['indptr'][()]), shape=tuple(g['shape'][()]))
            assert a.dtype == dtype and tuple(g.attrs['shape']) == (5, 3) and (a.toarray() == want).all(), t
        """
      func write<S: Scalar>(_ folder: String, _ letter: String, _: S.Type) throws {
        let dense = DenseMatrix<S>(rows: 5, columns: 3) { i, j in
          let real = S.Real(i + 1) / S.Real(j + 3)
          return S(real: real, imaginary: -real / 7)
        }
        try MatrixFile.write(.dense(dense), to: folder + letter + "dense.h5")
        try MatrixFile.write(.triplets(dense.triplets()), to: folder + letter + "sparse.h5")
      }
      try withFolder { folder in
        try write(folder, "f", Float.self)
        try write(folder, "d", Double.self)
        try write(folder, "c", Complex<Float>.self)
        try write(folder, "z", Complex<Double>.self)
        #expect(output(of: ["python3", "-c", script, folder]) != nil)
      }
    }

    /// Makes files, and says of each what is to become of it: `file member rows columns count sum`, or `file member
    /// refused word of the message`. The secret is in another file, which nothing here may open.
    private static let corpus = """
      import sys, os, h5py, numpy as np, scipy.sparse as sp
      folder = sys.argv[1]
      r = np.random.default_rng(7)
      def holds(name, a, member='-'):
        a = np.asarray(a.toarray() if sp.issparse(a) else a)
        c = a.shape[1] if a.ndim > 1 else 1
        print(name, member, *( (a.shape + (1, 1))[:2] if a.ndim else (1, 1)), a.astype(complex).sum().real, sep='|')
      def refused(name, word, member='-'): print(name, member, 'refused', word, sep='|')
      def file(name): return h5py.File(folder + name, 'w')
      a = np.round(8 * r.random((7, 5))) / 8
      for t in ['?', 'i1', 'u1', '<i2', '>u2', '<i4', '>i4', '<u4', '<i8', '>u8', '<f2', '>f2', '<f4', '>f4', '<f8', '>f8', '<c8', '>c8', '<c16', '>c16']:
        name = 't' + t.replace('<', 'l').replace('>', 'b').replace('?', 'o') + '.h5'
        b = (8 * a).astype(t)
        if b.dtype.kind == 'c': b = b * b.dtype.type(1 + 2j)
        with file(name) as f: f['x'] = b.astype(t)
        holds(name, b)
      for name, options in [('chunks', dict(chunks=(2, 3))), ('gzip', dict(chunks=(3, 2), compression='gzip', shuffle=True)),
                            ('sums', dict(chunks=(7, 1), fletcher32=True)), ('grows', dict(chunks=(4, 4), maxshape=(None, None))),
                            ('offset', dict(chunks=(2, 5), scaleoffset=None))]:
        with file(name + '.h5') as f: f.create_dataset('x', data=a, **options)
        holds(name + '.h5', a)
      with file('lzf.h5') as f: f.create_dataset('x', data=a, compression='lzf')
      refused('lzf.h5', 'filter')
      wide = np.round(r.random((3, 60000)) * 16)
      with file('wide.h5') as f: f.create_dataset('x', data=wide.astype('f4'), chunks=(1, 1000), compression='gzip')
      holds('wide.h5', wide)
      for n, v in [('vector', a[0]), ('scalar', np.float64(2.5)), ('norows', np.zeros((0, 4))), ('nocolumns', np.zeros((4, 0)))]:
        with file(n + '.h5') as f: f['x'] = v
        holds(n + '.h5', v)
      for n, v in [('cube', np.zeros((2, 2, 2))), ('text', 'word'), ('texts', np.array([b'ab', b'c'])),
                   ('pairs', np.zeros(3, [('x', 'f8'), ('y', 'f8')])), ('long', np.zeros(3, 'g'))]:
        with file(n + '.h5') as f: f['x'] = v
        refused(n + '.h5', 'none')
        refused(n + '.h5', 'dimension' if n == 'cube' else 'numbers', '/x')
      with file('empty.h5') as f: f['x'] = h5py.Empty('f8')
      refused('empty.h5', 'empty', 'x')
      with file('nothing.h5') as f: f.create_group('g')
      refused('nothing.h5', 'none'); refused('nothing.h5', 'dataset', 'g'); refused('nothing.h5', 'none', 'h'); refused('nothing.h5', 'dataset', '/')
      with file('several.h5') as f: f['a'] = a; f['g/b'] = 2 * a; f['y'] = a[0]
      refused('several.h5', '"/a", "/g/b"'); holds('several.h5', 2 * a, '/g/b'); holds('several.h5', 2 * a, 'g/b'); holds('several.h5', a[0], 'y')
      refused('several.h5', 'a dataset or a folder "/z", found "/a", "/g/b", "/y"', 'z'); refused('several.h5', '/a/b', '/a/b')
      with file('labels.h5') as f: f['X'] = a; f['y'] = a[0]
      holds('labels.h5', a)
      # Out of the file.
      with file('secret.h5') as f: f['x'] = a
      open(folder + 'secret.raw', 'wb').write(a.tobytes())
      with file('external.h5') as f: f['x'] = h5py.ExternalLink('secret.h5', '/x')
      refused('external.h5', 'not followed: "/x" (a link to another file)'); refused('external.h5', 'link to another file', '/x')
      with file('externals.h5') as f: f['g'] = h5py.ExternalLink('secret.h5', '/')
      refused('externals.h5', 'not followed', '/g/x'); refused('externals.h5', 'not followed', 'g')
      with file('soft.h5') as f: f['d/x'] = a; f['s'] = h5py.SoftLink('/d/x'); f['t'] = h5py.SoftLink('/d')
      holds('soft.h5', a); holds('soft.h5', a, 's'); holds('soft.h5', a, 't/x')
      with file('softout.h5') as f: f['e'] = h5py.ExternalLink('secret.h5', '/x'); f['s'] = h5py.SoftLink('/e')
      refused('softout.h5', 'nothing in this file', '/s'); refused('softout.h5', 'not followed: "/e"')
      with file('dangling.h5') as f: f['s'] = h5py.SoftLink('/nowhere')
      refused('dangling.h5', 'nothing in this file', '/s')
      with file('circle.h5') as f: f['s'] = h5py.SoftLink('/t'); f['t'] = h5py.SoftLink('/s')
      refused('circle.h5', 'nothing in this file', '/s')
      with file('loop.h5') as f: g = f.create_group('g'); g['back'] = f['/']; f['x'] = a
      holds('loop.h5', a); holds('loop.h5', a, 'x'); holds('loop.h5', a, 'g/back/x')
      with file('names.h5') as f: f['x'] = a; f['y'] = f['x']; f['g'] = h5py.ExternalLink('secret.h5', '/x')
      holds('names.h5', a)
      with file('raw.h5') as f: f.create_dataset('x', (7, 5), 'f8', external=[(folder + 'secret.raw', 0, 280)])
      refused('raw.h5', 'not followed: "/x" (data in another file)'); refused('raw.h5', 'another file', 'x')
      with file('besides.h5') as f: f.create_dataset('x', (7, 5), 'f8', external=[(folder + 'secret.raw', 0, 280)]); f['y'] = a
      holds('besides.h5', a)
      layout = h5py.VirtualLayout((7, 5), 'f8'); layout[...] = h5py.VirtualSource(folder + 'secret.h5', 'x', (7, 5))
      with file('virtual.h5') as f: f.create_virtual_dataset('x', layout)
      refused('virtual.h5', 'not followed: "/x" (a view of other datasets)'); refused('virtual.h5', 'other datasets', 'x')
      # Shapes beyond the data.
      with file('unwritten.h5') as f: f.create_dataset('x', (40000, 40000), 'f8')
      refused('unwritten.h5', 'cannot be so many')
      with file('holes.h5') as f: f.create_dataset('x', (4000000, 4000000), 'f8', chunks=(100, 100))[0, 0] = 1
      refused('holes.h5', 'cannot be so many')
      with file('bigchunk.h5') as f: f.create_dataset('x', (1, 1), 'f8', chunks=(20000, 20000), maxshape=(None, None), compression='gzip')
      refused('bigchunk.h5', 'cannot be so many')
      # Sparse.
      s = sp.random(9, 6, 0.3, 'csr', random_state=r); s.data = np.round(8 * s.data) + 1
      def group(f, s, path='m', **change):
        g = f.create_group(path) if path != '/' else f
        parts = dict(data=s.data, indices=s.indices, indptr=s.indptr, shape=np.array(s.shape)); parts.update(change)
        for k, v in parts.items():
          if v is not None: g[k] = v
        return g
      with file('csr.h5') as f: group(f, s)
      holds('csr.h5', s); holds('csr.h5', s.data, 'm/data')
      with file('root.h5') as f: group(f, s, '/')
      holds('root.h5', s); holds('root.h5', s, '/')
      with file('csc.h5') as f: group(f, s.tocsc())
      holds('csc.h5', s)
      q = sp.csc_array(s[:6, :].toarray())
      with file('square.h5') as f: group(f, q).attrs['encoding-type'] = 'csc_matrix'
      holds('square.h5', q)
      with file('tenx.h5') as f: group(f, q)['barcodes'] = [b'a']
      holds('tenx.h5', q)
      with file('anndata.h5ad') as f:
        g = group(f, s, 'X', shape=None); g.attrs['shape'] = s.shape; g.attrs['encoding-type'] = 'csr_matrix'; f['obs/n'] = a[0]
      holds('anndata.h5ad', s); refused('anndata.h5ad', '"/X"', 'Y')
      # However deep, up to so many objects.
      deep = '/'.join('g%d' % d for d in range(30))
      with file('deep.h5') as f: f[deep + '/x'] = a; f['y'] = a[0]
      holds('deep.h5', a); holds('deep.h5', a, deep + '/x')
      with file('deeper.h5') as f: f['g/' * 99 + 'x'] = a
      holds('deeper.h5', a); holds('deeper.h5', a, 'g/' * 99 + 'x')
      with file('crowd.h5') as f:
        for n in range(1100): f.create_group('g%d' % n)
        f['x'] = a
      refused('crowd.h5', 'holds more than 1000 objects: name the one to read'); holds('crowd.h5', a, 'x')
      with file('deepest.h5') as f: f['g/' * 1500 + 'x'] = a
      refused('deepest.h5', 'folders nested more than 100 deep: name the one to read')
      holds('deepest.h5', a, 'g/' * 1500 + 'x')
      # Truth values at one place are true if one of them is, as SciPy adds them.
      t = sp.csr_matrix(
        (np.array([True, True, False, False, True]), np.array([1, 1, 0, 2, 2]), np.array([0, 2, 5])), shape=(2, 3))
      with file('truths.h5') as f: group(f, t)
      u = t.copy(); u.sum_duplicates(); holds('truths.h5', u)
      with file('h5sparse.h5') as f: g = group(f, s.tocsc(), shape=None); g.attrs['h5sparse_shape'] = s.shape; g.attrs['h5sparse_format'] = np.bytes_('csc')
      holds('h5sparse.h5', s)
      with file('complex.h5') as f: group(f, s * (1 + 1j))
      holds('complex.h5', s)
      with file('packed.h5') as f:
        g = group(f, s, data=None, indices=None); g.create_dataset('data', data=s.data, compression='gzip'); g.create_dataset('indices', data=s.indices.astype('>i8'), chunks=(3,))
      holds('packed.h5', s)
      for n, word, change in [
        ('toofar', 'indices from', dict(indices=s.indices + 100)), ('negative', 'indices from', dict(indices=s.indices - 7)),
        ('short', 'indptr', dict(indptr=s.indptr[:-1])), ('falling', 'indptr', dict(indptr=np.r_[0, s.indptr[:0:-1]])),
        ('late', 'indptr', dict(indptr=s.indptr + 1)), ('fewer', 'entries', dict(indices=s.indices[1:])),
        ('real', 'whole numbers', dict(indices=s.indices.astype('f8'))), ('shapes', 'two numbers', dict(shape=np.array([9, 6, 1]))),
        ('below', 'shape', dict(shape=np.array([-9, 6]))), ('huge', 'at most', dict(shape=np.array([2**40, 6]))),
        ('table', 'vector', dict(data=s.data.reshape(-1, 1))), ('words', 'numbers', dict(data=np.full(s.nnz, b'x'))),
        ('none', 'indptr', dict(indptr=np.zeros(0, 'i4')))]:
        with file(n + '.h5') as f: group(f, s, **change)
        refused(n + '.h5', word, 'm')
      with file('format.h5') as f: group(f, s).attrs['encoding-type'] = 'coo_matrix'
      refused('format.h5', 'csr_matrix or csc_matrix')
      with file('linked.h5') as f: g = group(f, s, data=None); g['data'] = h5py.ExternalLink('secret.h5', '/x')
      refused('linked.h5', 'not followed', 'm')
      # Not what they seem.
      whole = open(folder + 'csr.h5', 'rb').read()
      for n, b in [('cut.h5', whole[:-900]), ('head.h5', whole[:100]), ('nofile.h5', b''), ('other.h5', b'%%MatrixMarket'),
                   ('magic.h5', whole[:8]), ('zeros.h5', whole[:8] + bytes(4000))]:
        open(folder + n, 'wb').write(b); refused(n, 'readable HDF5 file')
      open(folder + 'block.h5', 'wb').write(bytes(512) + whole); refused('block.h5', '')
      """

    @Test(.enabled(if: hasH5py)) func everyFileOfH5pyGetsItsVerdict() throws {
      try withFolder { folder in
        let lines = try #require(output(of: ["python3", "-c", Self.corpus, folder])).split(separator: "\n")
        #expect(lines.count > 100)
        for line in lines {
          let fields = line.split(separator: "|", omittingEmptySubsequences: false)
          let options = MatrixReadOptions(member: fields[1] == "-" ? nil : String(fields[1]))
          do throws(FileFormatError) {
            let contents = try MatrixFile.read(
              folder + fields[0], as: Complex<Double>.self, options: options
            ).contents
            guard fields[2] != "refused" else {
              #expect(fields[3].isEmpty, "accepted: \(line)")
              continue
            }
            #expect(contents.shape == Shape(Int(fields[2]) ?? -1, Int(fields[3]) ?? -1), "\(line)")
            let sum = contents.entries.reduce(0.0) { $0 + Double(bitPattern: $1.real) }
            #expect(abs(sum - (Double(fields[4]) ?? .nan)) <= 1e-9 * abs(sum), "\(line): \(sum)")
          } catch {
            #expect(fields[2] == "refused", "\(line): \(error)")
            #expect(error.kind == .badData && error.description.contains(fields[3]), "\(line): \(error)")
            #expect(error.description.hasPrefix(folder + fields[0]) && !error.description.contains("\n"))
          }
        }
      }
    }
  }
#else
  @Suite struct Hdf5Tests {
    @Test func aBuildWithoutTheTraitNamesIt() throws {
      try withFolder { folder in
        let path = folder + "a.h5"
        let matrix = MatrixContents.dense(DenseMatrix<Double>([[1]]))
        let writing = #expect(throws: FileFormatError.self) { try MatrixFile.write(matrix, to: path) }
        #expect(writing?.kind == .usage && writing?.message.contains("HDF5") == true)
        #expect(FileManager.default.createFile(atPath: path, contents: Data()))
        let reading = #expect(throws: FileFormatError.self) { try MatrixFile.read(path, as: Double.self) }
        #expect(reading?.kind == .usage && reading?.message.contains("HDF5") == true)
      }
    }
  }
#endif
