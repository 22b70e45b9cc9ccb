// The sparse matrix of a folder in an HDF5 file: see Hdf5Reader. What is said of it; its arrays are datasets.

#if HDF5
  import CHDF5
  import TesseraLocalMatrices

  /// Where a sparse matrix stands, and what is said of it there.
  struct Hdf5SparseMatrix {
    let header: MatrixFileHeader
    let isByRows: Bool

    /// Whether a sparse matrix stands in the folder at `path`.
    static func stands(at path: String, in file: borrowing Hdf5File) -> Bool {
      guard let folder = try? file.object(path), H5Iget_type(folder.id) == H5I_GROUP else { return false }
      return file.has(path + "/data") && file.has(path + "/indices") && file.has(path + "/indptr")
        && (file.has(path + "/shape") || H5Aexists(folder.id, "shape") > 0
          || H5Aexists(folder.id, "h5sparse_shape") > 0)
    }

    /// - Throws: `badData` for a shape or a format that is not a matrix's.
    init(_ file: borrowing Hdf5File, _ path: String) throws(FileFormatError) {
      let name = file.name(of: path)
      let folder = try file.object(path)
      var shape = file.integers("shape", of: folder) ?? file.integers("h5sparse_shape", of: folder)
      if file.has(path + "/shape") {
        let sizes = try file.dataset(path + "/shape")
        guard sizes.dimensions == [2] else {
          throw FileFormatError(
            file: sizes.name, at: .none, expected: "two numbers", found: "\(sizes.count) of them")
        }
        shape = try sizes.integers()
      }
      guard let shape, shape.count == 2, shape.allSatisfy({ $0 >= 0 }) else {
        throw FileFormatError(
          file: name, at: .none, expected: "a shape of two dimensions", found: "\(shape ?? [])")
      }
      let data = try file.dataset(path + "/data")
      guard data.dimensions.count == 1 else {
        throw FileFormatError(
          file: data.name, at: .none, expected: "a vector", found: "\(data.dimensions.count) dimensions")
      }
      switch file.text("encoding-type", of: folder) ?? file.text("h5sparse_format", of: folder) {
      case "csr_matrix", "csr": isByRows = true
      case "csc_matrix", "csc": isByRows = false
      case let format?:
        throw FileFormatError(
          file: name, at: .none, expected: "csr_matrix or csc_matrix", found: quoted(format.utf8))
      case nil:
        let starts = try file.dataset(path + "/indptr").count
        isByRows = starts - 1 == shape[0] && !file.has(path + "/barcodes")
      }
      header = MatrixFileHeader(
        rows: shape[0], columns: shape[1], storedEntries: data.count, format: .hdf5, layout: .coordinate,
        scalar: data.element.scalar, elementType: data.element.name, symmetry: .general)
    }
  }
#endif
