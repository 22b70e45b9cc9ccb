// A dataset of numbers in an HDF5 file: a scalar, a vector or a matrix, row after row. Only what stands in the file
// itself is read: neither raw data in other files nor datasets that are views of such; and no filter but those
// that the library has built in. O(elements read); memory is that of a piece of 1 MiB, or of a row of chunks.

#if HDF5
  import CHDF5
  import TesseraLocalMatrices

  /// An open dataset whose header has been checked.
  struct Hdf5Dataset: ~Copyable {
    let element: StoredElement
    /// None of a scalar, one of a vector, two of a matrix; more where nobody asked for a matrix.
    let dimensions: [Int]
    /// The name of the file and of the dataset in it, for messages.
    let name: String
    private let object: Hdf5Handle
    private let type: Hdf5Handle
    private let space: Hdf5Handle
    /// The rows of a chunk; 1 where the data lie together.
    private let chunkRows: Int
    /// Where the elements stand together in the file; nil where only the library finds them.
    private let place: Int?

    /// More compressed than this is no stream of deflate's (zlib, deflate.c: 1032).
    private static let mostExpansion = 1032

    private init(
      _ object: consuming Hdf5Handle, _ type: consuming Hdf5Handle, _ space: consuming Hdf5Handle,
      name: String,
      element: StoredElement, dimensions: [Int], chunkRows: Int, place: Int?
    ) {
      self.object = object
      self.type = type
      self.space = space
      (self.name, self.element, self.dimensions) = (name, element, dimensions)
      (self.chunkRows, self.place) = (chunkRows, place)
    }

    /// The dataset that `object` is.
    ///
    /// - Throws: `badData` for elements that are not numbers, data that are not in this file, a filter that is not
    ///   known, and a shape of more bytes than the stored ones can be.
    static func checked(_ object: consuming Hdf5Handle, isOnDisk: Bool, name: String) throws(FileFormatError)
      -> Hdf5Dataset
    {
      // Before anything else: asking for the size of a virtual dataset opens other files.
      let creation = try Hdf5Handle(H5Dget_create_plist(object.id), "cannot be read", file: name)
      let properties = creation.id
      let layout = H5Pget_layout(properties)
      guard layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT else {
        throw FileFormatError(.badData, file: name, "is a view of other datasets, which are not opened")
      }
      guard H5Pget_external_count(properties) == 0 else {
        throw FileFormatError(.badData, file: name, "has its data in another file, which is not opened")
      }
      try checkFilters(properties, name: name)
      let type = try Hdf5Handle(H5Dget_type(object.id), "cannot be read", file: name)
      guard let element = StoredElement(hdf5: type.id) else {
        throw FileFormatError(
          file: name, at: .none, expected: "a dataset of numbers", found: "other elements")
      }
      let space = try Hdf5Handle(H5Dget_space(object.id), "cannot be read", file: name)
      let extent = space.id
      let rank = Int(H5Sget_simple_extent_ndims(extent))
      guard H5Sget_simple_extent_type(extent) != H5S_NULL, rank >= 0 else {
        throw FileFormatError(file: name, at: .none, expected: "a dataset of numbers", found: "an empty one")
      }
      let dimensions = try sizes(rank, name: name) { H5Sget_simple_extent_dims(extent, $0, nil) }
      let stored = Int(clamping: H5Dget_storage_size(object.id))
      var chunk = [Int](repeating: 1, count: rank)
      var most = stored
      if layout == H5D_CHUNKED {
        chunk = try sizes(rank, name: name) { H5Pget_chunk(properties, Int32(rank), $0) }
        most = product(stored, mostExpansion)
      }
      for shape in [dimensions, dimensions.contains(0) ? [0] : chunk] {
        let bytes = shape.contains(0) ? 0 : shape.reduce(element.size, product)
        guard bytes <= most else {
          throw FileFormatError(
            file: name, at: .none,
            expected: "\(shape.map(String.init).joined(separator: " x ")) elements of \(element.size) bytes",
            found: "\(stored) stored bytes, which cannot be so many")
        }
      }
      let place = layout == H5D_CONTIGUOUS && isOnDisk ? Int(exactly: H5Dget_offset(object.id)) : nil
      return Hdf5Dataset(
        object, type, space, name: name, element: element, dimensions: dimensions,
        chunkRows: max(1, chunk.first ?? 1), place: place)
    }

    /// Numbers that the library writes to where it is told.
    private static func sizes(
      _ rank: Int, name: String, _ call: (UnsafeMutablePointer<hsize_t>) -> Int32
    ) throws(FileFormatError) -> [Int] {
      let sizes = withUnsafeTemporaryAllocation(of: hsize_t.self, capacity: max(rank, 1)) { sizes -> [Int]? in
        guard let start = sizes.baseAddress, call(start) == rank else { return nil }
        let known = sizes[..<rank].compactMap { Int(exactly: $0) }
        return known.count == rank ? known : nil
      }
      guard let sizes else { throw Hdf5.failure("cannot be read", file: name) }
      return sizes
    }

    /// The product of numbers that are not negative; .max where it has no room.
    private static func product(_ a: Int, _ b: Int) -> Int {
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow ? .max : product
    }

    private static func checkFilters(_ creation: hid_t, name: String) throws(FileFormatError) {
      let known = [
        H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32, H5Z_FILTER_SZIP, H5Z_FILTER_NBIT,
        H5Z_FILTER_SCALEOFFSET,
      ]
      for number in 0..<UInt32(clamping: H5Pget_nfilters(creation)) {
        var (flags, count, config): (UInt32, Int, UInt32) = (0, 0, 0)
        let filter = H5Pget_filter2(creation, number, &flags, &count, nil, 0, nil, &config)
        guard known.contains(filter), H5Zfilter_avail(filter) > 0 else {
          throw FileFormatError(
            .badData, file: name, "is packed by a filter that is not known here, number \(filter)")
        }
      }
    }

    /// Number of elements.
    var count: Int { dimensions.contains(0) ? 0 : dimensions.reduce(1, Hdf5Dataset.product) }

    /// Rows and columns: a vector is a column, a scalar is 1 by 1.
    ///
    /// - Throws: `badData` for more than two dimensions.
    func matrixShape() throws(FileFormatError) -> (rows: Int, columns: Int) {
      guard dimensions.count <= 2 else {
        throw FileFormatError(
          .badData, file: name, "\(dimensions.count)-dimensional datasets are not matrices")
      }
      return (dimensions.first ?? 1, dimensions.count > 1 ? dimensions[1] : 1)
    }

    /// What a file with this matrix says of it.
    ///
    /// - Throws: as `matrixShape`.
    func header() throws(FileFormatError) -> MatrixFileHeader {
      let (rows, columns) = try matrixShape()
      return MatrixFileHeader(
        rows: rows, columns: columns, storedEntries: count, format: .hdf5, layout: .array(.rowMajor),
        scalar: element.scalar, elementType: element.name, symmetry: .general)
    }

    /// All elements as whole numbers.
    ///
    /// - Throws: as `pieces`; also for elements of another kind, and for numbers above 2^63-1.
    func integers() throws(FileFormatError) -> [Int] {
      var integers: [Int] = []
      var isWhole = true
      try pieces(rows) { isWhole = element.append($0, toIntegers: &integers) && isWhole }
      guard isWhole else {
        throw FileFormatError(
          file: name, at: .none, expected: "whole numbers below 2^63", found: element.name)
      }
      return integers
    }

    /// All rows.
    var rows: Range<Int> { 0..<rowCount }

    /// Some rows as an array in an answer.
    func array(_ rows: Range<Int>) -> Hdf5Array {
      Hdf5Array(
        name: name, element: element, count: rows.count * rowLength,
        place: place.map { $0 + rows.lowerBound * rowLength * element.size })
    }

    private var rowCount: Int { dimensions.first ?? 1 }
    private var rowLength: Int { dimensions.dropFirst().reduce(1, Hdf5Dataset.product) }

    /// Calls `body` with the bytes of some rows, piece by piece.
    ///
    /// - Precondition: the rows are within the dataset.
    /// - Throws: `badData` for a row of chunks that this machine does not hold, and when the library cannot read; what
    ///   `body` throws.
    func pieces(
      _ rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(FileFormatError) -> Void
    ) throws(FileFormatError) {
      let steps = steps(of: rows)
      let most = steps.map(\.count).max() ?? 0
      do throws(LinearAlgebraError) {
        try MemoryGuard.check("a row of chunks", most, rowLength, bytesPerElement: element.size)
      } catch {
        throw FileFormatError(.badData, file: name, "\(error)")
      }
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(1, most * rowLength * element.size), alignment: 16)
      defer { buffer.deallocate() }
      for piece in steps {
        let bytes = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<(piece.count * rowLength * element.size)])
        try read(piece, into: bytes)
        try body(UnsafeRawBufferPointer(bytes))
      }
    }

    /// Some rows in steps of about 1 MiB; whole rows of chunks, so that none is unpacked twice.
    private func steps(of rows: Range<Int>) -> [Range<Int>] {
      guard rowLength > 0 else { return [] }
      let wanted = max(1, (1 << 20) / Hdf5Dataset.product(rowLength, element.size))
      let step = max(wanted, chunkRows) / chunkRows * chunkRows
      return stride(from: rows.lowerBound / step * step, to: rows.upperBound, by: step).map {
        max(rows.lowerBound, $0)..<min(rows.upperBound, $0 + step)
      }
    }

    /// Fills the front of `buffer` with some rows, as they are stored.
    private func read(_ rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError)
    {
      let bytes = rows.count * rowLength * element.size
      precondition(bytes <= buffer.count && rows.upperBound <= rowCount)
      guard bytes > 0 else { return }
      var memory = tessera_h5_everything()
      defer { if memory != tessera_h5_everything() { H5Sclose(memory) } }
      if !dimensions.isEmpty {
        let starts = [hsize_t(rows.lowerBound)] + [hsize_t](repeating: 0, count: dimensions.count - 1)
        let counts = [hsize_t(rows.count)] + dimensions.dropFirst().map { hsize_t($0) }
        try Hdf5.check(
          H5Sselect_hyperslab(space.id, H5S_SELECT_SET, starts, nil, counts, nil), "cannot be read",
          file: name)
        memory = H5Screate_simple(Int32(dimensions.count), counts, nil)
        guard memory >= 0 else { throw Hdf5.failure("cannot be read", file: name) }
      }
      try Hdf5.check(
        H5Dread(
          object.id, type.id, memory, dimensions.isEmpty ? memory : space.id, tessera_h5_default(),
          buffer.baseAddress), "cannot be read", file: name)
    }
  }
#endif
