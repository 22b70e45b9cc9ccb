// HDF5 files (The HDF Group) to matrices: a dataset, or the sparse matrix of a folder, which has
//
//   data, indices, indptr    compressed lines, as SciPy names them
//   shape                    a dataset, or an attribute
//   encoding-type            an attribute, csr_matrix or csc_matrix (anndata); or h5sparse_format, csr or csc
//
// Without such an attribute the lines are rows if there are as many as rows, and columns in folders that name
// them "barcodes" (10x). O(bytes) time; memory is that of the matrix plus, for a sparse one, its index arrays.

#if HDF5
  import CHDF5
  import TesseraLocalMatrices

  /// Reads one file.
  struct Hdf5Reader {
    private let source: any ByteSource
    /// The path of the matrix in the file, where it was named.
    private let member: String?

    /// - Throws: nothing; without libhdf5 it does.
    init(_ source: any ByteSource, member: String?) throws(FileFormatError) {
      self.source = source
      self.member = member
    }

    /// What the file says about its matrix.
    ///
    /// - Throws: `badData` for what is no HDF5 file or a damaged one, for one without a matrix, or with several
    ///   of which none was named.
    func header() throws(FileFormatError) -> MatrixFileHeader {
      try Hdf5.session { () throws(FileFormatError) in
        let file = try Hdf5File.opened(source)
        switch try find(file) {
        case .dense(let path): return try denseHeader(try file.dataset(path))
        case .sparse(let path): return try Hdf5SparseMatrix(file, path).header
        }
      }
    }

    /// The whole matrix.
    ///
    /// - Throws: `badData` as above, for arrays that do not fit together, for complex elements when `S` is real,
    ///   and for a shape that a local matrix does not hold.
    func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
      -> (MatrixFileHeader, MatrixContents<S>)
    {
      try Hdf5.session { () throws(FileFormatError) in
        let file = try Hdf5File.opened(source)
        switch try find(file) {
        case .dense(let path):
          let dataset = try file.dataset(path)
          let header = try denseHeader(dataset)
          return (header, .dense(try rows(0..<header.rows, header, dataset, progress)))
        case .sparse(let path):
          let sparse = try Hdf5SparseMatrix(file, path)
          return (sparse.header, .triplets(try sparse.matrix(file)))
        }
      }
    }

    /// The header, and the rows of a dense matrix that `range` takes of it; nil for a sparse one.
    ///
    /// - Throws: as `matrix`.
    func rows<S: Scalar>(as: S.Type, _ range: (MatrixFileHeader) -> Range<Int>) throws(FileFormatError)
      -> (header: MatrixFileHeader, rows: DenseMatrix<S>)?
    {
      try Hdf5.session { () throws(FileFormatError) in
        let file = try Hdf5File.opened(source)
        guard case .dense(let path) = try find(file) else { return nil }
        let dataset = try file.dataset(path)
        let header = try denseHeader(dataset)
        return (header, try rows(range(header), header, dataset, nil))
      }
    }

    private func denseHeader(_ dataset: borrowing Hdf5Dataset) throws(FileFormatError) -> MatrixFileHeader {
      let (rows, columns) = try dataset.matrixShape()
      return MatrixFileHeader(
        rows: rows, columns: columns, storedEntries: dataset.count, format: .hdf5,
        layout: .array(.rowMajor), scalar: dataset.element.scalar, elementType: dataset.element.name,
        symmetry: .general)
    }

    private func rows<S: Scalar>(
      _ range: Range<Int>, _ header: MatrixFileHeader, _ dataset: borrowing Hdf5Dataset,
      _ progress: ((ReadProgress) -> Void)?
    ) throws(FileFormatError) -> DenseMatrix<S> {
      try checkLocalShape(header.rows, header.columns, file: dataset.name)
      let size = dataset.element.size
      let elements = try dataset.elements(range, as: S.self) { count in
        progress?(ReadProgress(bytesRead: count * size, totalBytes: header.storedEntries * size))
      }
      do throws(LinearAlgebraError) {
        return try DenseMatrix(
          rows: range.count, columns: header.columns, order: .rowMajor, elements: elements)
      } catch {
        throw FileFormatError(.badData, file: dataset.name, "\(error)")
      }
    }

    // MARK: finding the matrix

    private enum Place {
      case dense(String)
      case sparse(String)

      var path: String {
        switch self {
        case .dense(let path), .sparse(let path): path
        }
      }
    }

    /// The matrix that was named; otherwise the only one in the file, or the only vector in a file without one.
    private func find(_ file: borrowing Hdf5File) throws(FileFormatError) -> Place {
      if let member {
        let path = member.hasPrefix("/") ? member : "/" + member
        if file.has(path) || path == "/" {
          return Hdf5SparseMatrix.stands(at: path, in: file) ? .sparse(path) : .dense(path)
        }
        let found = try candidates(file)
        throw found.error(
          file.name, "a dataset or a folder \(quoted(path.utf8))", found.matrices + found.vectors)
      }
      let found = try candidates(file)
      let candidates = found.matrices.isEmpty ? found.vectors : found.matrices
      guard candidates.count == 1 else {
        throw found.error(file.name, "one matrix, or the name of the one to read", candidates)
      }
      return candidates[0]
    }

    /// All that could be read as a matrix, and what is not because it stands elsewhere.
    private struct Candidates {
      var matrices: [Place] = []
      var vectors: [Place] = []
      var elsewhere: [String] = []

      /// The error of a file with these places.
      func error(_ file: String, _ expected: String, _ places: [Place]) -> FileFormatError {
        let found = places.isEmpty ? "none" : list(places.map { quoted($0.path.utf8) })
        let left = elsewhere.isEmpty || !places.isEmpty ? "" : "; not followed: " + list(elsewhere)
        return FileFormatError(file: file, at: .none, expected: expected, found: found + left)
      }

      private func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
      }
    }

    private func candidates(_ file: borrowing Hdf5File) throws(FileFormatError) -> Candidates {
      let content = try file.content()
      var found = Candidates()
      found.elsewhere = content.externalLinks.map { "\(quoted($0.utf8)) (a link to another file)" }
      for (path, isFolder) in content.paths {
        if let sparse = found.matrices.last(where: { if case .sparse = $0 { true } else { false } }),
          path.hasPrefix(sparse.path == "/" ? "/" : sparse.path + "/")
        {
          // Its parts are no matrices of their own.
          continue
        }
        if isFolder {
          if Hdf5SparseMatrix.stands(at: path, in: file) { found.matrices.append(.sparse(path)) }
        } else {
          switch file.rank(ofNumbersAt: path) {
          case .rank(2): found.matrices.append(.dense(path))
          case .rank(let rank): if rank < 2 { found.vectors.append(.dense(path)) }
          case .elsewhere(let what): found.elsewhere.append("\(quoted(path.utf8)) (\(what))")
          case nil: break
          }
        }
      }
      return found
    }
  }

  /// What is known of a dataset before its data are looked at.
  private enum DatasetRank {
    /// The number of dimensions.
    case rank(Int)
    /// Its data are not in it, but where the words say.
    case elsewhere(String)
  }

  extension Hdf5File {
    /// The number of dimensions of the dataset at `path`; nil when it does not hold numbers.
    fileprivate func rank(ofNumbersAt path: String) -> DatasetRank? {
      guard let object = try? object(path), H5Iget_type(object.id) == H5I_DATASET,
        let creation = try? Hdf5Handle(H5Dget_create_plist(object.id), "", file: name)
      else { return nil }
      // The size of what is a view of others only those know.
      if H5Pget_layout(creation.id) == H5D_VIRTUAL { return .elsewhere("a view of other datasets") }
      if H5Pget_external_count(creation.id) > 0 { return .elsewhere("data in another file") }
      guard let type = try? Hdf5Handle(H5Dget_type(object.id), "", file: name),
        StoredElement(hdf5: type.id) != nil,
        let space = try? Hdf5Handle(H5Dget_space(object.id), "", file: name)
      else { return nil }
      let rank = H5Sget_simple_extent_ndims(space.id)
      return rank < 0 ? nil : .rank(Int(rank))
    }
  }
#else
  import TesseraLocalMatrices

  /// What a build without libhdf5 has to say of HDF5 files.
  struct Hdf5Reader {
    private let never: Never

    init(_ source: any ByteSource, member: String?) throws(FileFormatError) {
      throw FileFormatError.hdf5IsAbsent(source.name)
    }

    func header() throws(FileFormatError) -> MatrixFileHeader { switch never {} }

    func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
      -> (MatrixFileHeader, MatrixContents<S>)
    {
      switch never {}
    }

    func rows<S: Scalar>(as: S.Type, _ range: (MatrixFileHeader) -> Range<Int>) throws(FileFormatError)
      -> (header: MatrixFileHeader, rows: DenseMatrix<S>)?
    {
      switch never {}
    }
  }

  extension FileFormatError {
    static func hdf5IsAbsent(_ file: String) -> FileFormatError {
      FileFormatError(
        .usage, file: file,
        "this build cannot read or write HDF5 files; build with the package trait HDF5 (swift build --traits MPI,HDF5)"
      )
    }
  }
#endif
