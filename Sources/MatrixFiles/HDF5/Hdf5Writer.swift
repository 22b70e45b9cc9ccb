// A matrix to an HDF5 file: a dense one as the dataset `matrix`, row after row; triplets, duplicates added up, as
// the folder `matrix` of compressed rows, with the attributes by which anndata knows them. O(entries). Data are
// not packed and stand together.

#if HDF5
  import CHDF5
  import TesseraLocalMatrices

  /// Writes HDF5 files.
  enum Hdf5Writer {
    /// Writes `contents` to the sink that `open` returns: to its file, or, where it has none, by way of memory.
    ///
    /// - Throws: `badData` when the row starts do not fit this machine; `inputOutput` when the library cannot
    ///   write; what the sink throws.
    static func write<S: Scalar>(
      _ contents: MatrixContents<S>, file: String, open: () throws(FileFormatError) -> any ByteSink
    ) throws(FileFormatError) {
      let content: Content<S> =
        switch contents {
        case .dense(let matrix): .dense(matrix)
        case .triplets: .sparse(try contents.rows(file: file))
        }
      let sink = try open()
      let image = try Hdf5.session { () throws(FileFormatError) in
        try write(content, to: sink.unfinishedPath, name: file)
      }
      if let image { try sink.send(image) }
      try sink.finish()
    }

    private enum Content<S: Scalar> {
      case dense(DenseMatrix<S>)
      case sparse(SparseMatrix<S>)
    }

    /// Writes the file at `path`; without one, returns its bytes.
    private static func write<S: Scalar>(_ content: Content<S>, to path: String?, name: String)
      throws(FileFormatError) -> [UInt8]?
    {
      let driver = try Hdf5Handle(H5Pcreate(tessera_h5_file_access()), "cannot be created", file: name)
      // The usual driver asks for the real name of what it opens, and a file may have none yet.
      if path == nil { H5Pset_fapl_core(driver.id, 1 << 20, false) } else { H5Pset_fapl_stdio(driver.id) }
      tessera_h5_without_lock(driver.id)
      let created = H5Fcreate(path ?? name, tessera_h5_truncate(), tessera_h5_default(), driver.id)
      guard created >= 0 else { throw Hdf5.failure("cannot be created", .cannotCreate, file: name) }
      var isOpen = true
      defer { if isOpen { H5Fclose(created) } }
      switch content {
      case .dense(let matrix):
        try put(
          matrix.elements(in: .rowMajor), S.hdf5Type(file: name), [matrix.rows, matrix.columns], "matrix",
          created,
          name)
      case .sparse(let matrix): try put(matrix, in: created, name)
      }
      try Hdf5.write(name) { H5Fflush(created, H5F_SCOPE_LOCAL) }
      let image = path == nil ? try bytes(of: created, name) : nil
      isOpen = false
      try Hdf5.write(name) { H5Fclose(created) }
      return image
    }

    /// The bytes of an open file.
    private static func bytes(of file: hid_t, _ name: String) throws(FileFormatError) -> [UInt8] {
      let count = H5Fget_file_image(file, nil, 0)
      guard count > 0 else { throw Hdf5.failure("writing failed", .inputOutput, file: name) }
      var isWhole = false
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        isWhole = H5Fget_file_image(file, buffer.baseAddress, count) == count
        initialized = isWhole ? count : 0
      }
      guard isWhole else { throw Hdf5.failure("writing failed", .inputOutput, file: name) }
      return bytes
    }

    private static func put<S: Scalar>(_ matrix: SparseMatrix<S>, in file: hid_t, _ name: String)
      throws(FileFormatError)
    {
      let standard = tessera_h5_default()
      let folder = try Hdf5Handle(
        H5Gcreate2(file, "matrix", standard, standard, standard), "writing failed", file: name)
      try put(matrix.values, S.hdf5Type(file: name), [matrix.values.count], "data", folder.id, name)
      try put(matrix.indices, tessera_h5_int32(), [matrix.indices.count], "indices", folder.id, name)
      // Both index arrays have one type, as SciPy leaves them, unless the counts need the wider one.
      if matrix.indices.count <= Int32.max {
        let starts = matrix.offsets.map { Int32(truncatingIfNeeded: $0) }
        try put(starts, tessera_h5_int32(), [starts.count], "indptr", folder.id, name)
      } else {
        try put(matrix.offsets, tessera_h5_int64(), [matrix.offsets.count], "indptr", folder.id, name)
      }
      let shape = [Int64(matrix.rows), Int64(matrix.columns)]
      try put(shape, tessera_h5_int64(), [2], "shape", folder.id, name)
      try label(folder.id, "shape", tessera_h5_int64(), [2], shape, name)
      for (label, text) in [("encoding-type", "csr_matrix"), ("encoding-version", "0.1.0")] {
        let type = try Hdf5Handle(H5Tcopy(tessera_h5_text()), "writing failed", file: name)
        H5Tset_size(type.id, text.utf8.count)
        try self.label(folder.id, label, type.id, [], Array(text.utf8), name)
      }
    }

    /// Puts `elements` into the new dataset `path` of `folder`.
    private static func put<T>(
      _ elements: [T], _ type: borrowing Hdf5Handle, _ sizes: [Int], _ path: String, _ folder: hid_t,
      _ name: String
    ) throws(FileFormatError) {
      try put(elements, type.id, sizes, path, folder, name)
    }

    private static func put<T>(
      _ elements: [T], _ type: hid_t, _ sizes: [Int], _ path: String, _ folder: hid_t, _ name: String
    ) throws(FileFormatError) {
      let standard = tessera_h5_default()
      let space = try self.space(sizes, name)
      let dataset = try Hdf5Handle(
        H5Dcreate2(folder, path, type, space.id, standard, standard, standard), "writing failed", file: name)
      guard !elements.isEmpty else { return }
      let everything = tessera_h5_everything()
      let target = dataset.id
      try Hdf5.write(name) {
        elements.withUnsafeBytes { H5Dwrite(target, type, everything, everything, standard, $0.baseAddress) }
      }
    }

    /// Gives `object` an attribute.
    private static func label<T>(
      _ object: hid_t, _ label: String, _ type: hid_t, _ sizes: [Int], _ elements: [T], _ name: String
    ) throws(FileFormatError) {
      let standard = tessera_h5_default()
      let space = try self.space(sizes, name)
      let attribute = try Hdf5Handle(
        H5Acreate2(object, label, type, space.id, standard, standard), "writing failed", file: name)
      try Hdf5.check(
        elements.withUnsafeBytes { H5Awrite(attribute.id, type, $0.baseAddress) }, "writing failed",
        .inputOutput, file: name)
    }

    private static func space(_ sizes: [Int], _ name: String) throws(FileFormatError) -> Hdf5Handle {
      let sizes = sizes.map { hsize_t($0) }
      return try Hdf5Handle(
        sizes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes, nil),
        "writing failed", file: name)
    }
  }
#else
  import TesseraLocalMatrices

  /// What a build without libhdf5 has to say of HDF5 files.
  enum Hdf5Writer {
    static func write<S: Scalar>(
      _ contents: MatrixContents<S>, file: String, open: () throws(FileFormatError) -> any ByteSink
    ) throws(FileFormatError) {
      throw FileFormatError.hdf5IsAbsent(file)
    }
  }
#endif
