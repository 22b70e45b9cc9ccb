// HDF5 files (The HDF Group) to matrices: a dataset, or the sparse matrix of a folder, which has
//
//   data, indices, indptr    compressed lines, as SciPy names them
//   shape                    a dataset, or an attribute
//   encoding-type            an attribute, csr_matrix or csc_matrix (anndata); or h5sparse_format, csr or csc
//
// Without such an attribute the lines are rows if there are as many as rows, and columns in folders that name
// them "barcodes" (10x). O(bytes) time; memory is that of the matrix plus, for a sparse one, its index arrays.
// What stands where, libhdf5 says in a process of its own (Hdf5Process), which also unpacks; numbers that stand
// together are read here, and what all of them are together is judged here.

#if HDF5
  import TesseraLocalMatrices

  /// Reads one file.
  struct Hdf5Reader {
    private let source: any ByteSource
    /// The path of the matrix in the file, where it was named.
    private let member: String?
    private let program: Hdf5Process.Program?

    /// - Parameter program: in which libhdf5 reads; nil for this one.
    /// - Throws: nothing; without libhdf5 it does.
    init(_ source: any ByteSource, member: String?, program: Hdf5Process.Program? = .reader)
      throws(FileFormatError)
    {
      (self.source, self.member, self.program) = (source, member, program)
    }

    /// What the file says about its matrix.
    ///
    /// - Throws: `badData` for what is no HDF5 file or a damaged one, for one without a matrix, or with several
    ///   of which none was named; `inputOutput` when no process can be started.
    func header() throws(FileFormatError) -> MatrixFileHeader { try answer(.nothing).answer.header }

    /// The whole matrix.
    ///
    /// - Throws: `badData` as above, for arrays that do not fit together, for complex elements when `S` is real,
    ///   and for a shape that a local matrix does not hold.
    func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
      -> (MatrixFileHeader, MatrixContents<S>)
    {
      let (answer, process) = try answer(.everything)
      var header = answer.header
      let contents: MatrixContents<S>
      let rounded: RoundingTally
      if header.layout == .coordinate {
        let entries: (TripletMatrix<S>, RoundingTally) = try entries(answer, process, progress)
        (contents, rounded) = (.triplets(entries.0), entries.1)
      } else {
        let rows: (DenseMatrix<S>, RoundingTally) = try rows(.everything, answer, process, progress)
        (contents, rounded) = (.dense(rows.0), rows.1)
      }
      header.roundedIntegers = RoundedIntegers(rounded, in: contents)
      return (header, contents)
    }

    /// The header, and some rows of a dense matrix with the whole numbers among them that were rounded; nil for a
    /// sparse one.
    ///
    /// - Throws: as `matrix`.
    func rows<S: Scalar>(as: S.Type, _ selection: Hdf5Selection) throws(FileFormatError)
      -> (header: MatrixFileHeader, rows: DenseMatrix<S>, rounded: RoundingTally)?
    {
      let (answer, process) = try answer(selection)
      guard answer.header.layout != .coordinate else { return nil }
      let (matrix, rounded): (DenseMatrix<S>, RoundingTally) = try rows(selection, answer, process, nil)
      return (answer.header, matrix, rounded)
    }

    private func answer(_ selection: Hdf5Selection) throws(FileFormatError)
      -> (answer: Hdf5Answer, process: Hdf5Process)
    {
      let process = try Hdf5Process(
        Hdf5Request(source, member: member, selection), source, program: program)
      return (try Hdf5Answer(from: process), process)
    }

    private func rows<S: Scalar>(
      _ selection: Hdf5Selection, _ answer: Hdf5Answer, _ process: Hdf5Process,
      _ progress: ((ReadProgress) -> Void)?
    ) throws(FileFormatError) -> (DenseMatrix<S>, RoundingTally) {
      let (header, array) = (answer.header, try array(0, of: answer))
      try checkLocalShape(header.rows, header.columns, file: array.name)
      let (elements, rounded): ([S], RoundingTally) = try elements(array, process, progress)
      do throws(LinearAlgebraError) {
        let matrix = try DenseMatrix(
          rows: selection.range(ofRows: header.rows).count, columns: header.columns, order: .rowMajor,
          elements: elements)
        return (matrix, rounded)
      } catch {
        throw FileFormatError(.badData, file: array.name, "\(error)")
      }
    }

    private func entries<S: Scalar>(
      _ answer: Hdf5Answer, _ process: Hdf5Process, _ progress: ((ReadProgress) -> Void)?
    ) throws(FileFormatError) -> (TripletMatrix<S>, RoundingTally) {
      let header = answer.header
      let (data, starts, indices) = (
        try array(0, of: answer), try array(1, of: answer), try array(2, of: answer)
      )
      // All three are parts of the folder that they stand in.
      let name = String(data.name.dropLast("/data".count))
      try checkLocalShape(header.rows, header.columns, file: name)
      let (values, rounded): ([S], RoundingTally) = try elements(data, process, progress)
      let (majors, minors) =
        answer.isByRows ? (header.rows, header.columns) : (header.columns, header.rows)
      let lines = try CompressedLines(
        starts: try source(of: starts, process).integers(starts.element, count: starts.count, offset: 0),
        indices: try source(of: indices, process).integers(indices.element, count: indices.count, offset: 0),
        majors: majors, minors: minors, count: values.count, file: name)
      let (rows, columns) =
        answer.isByRows ? (lines.majorIndices, lines.indices) : (lines.indices, lines.majorIndices)
      let entries = TripletMatrix(unchecked: header.rows, header.columns, rows, columns, values)
      return (data.element.kind == .boolean ? entries.withoutRepeatedTruth() : entries, rounded)
    }

    private func array(_ number: Int, of answer: Hdf5Answer) throws(FileFormatError) -> Hdf5Array {
      guard answer.arrays.indices.contains(number) else {
        throw FileFormatError(.badData, file: source.name, "libhdf5 gave a wrong answer")
      }
      return answer.arrays[number]
    }

    private func elements<S: Scalar>(
      _ array: Hdf5Array, _ process: Hdf5Process, _ progress: ((ReadProgress) -> Void)?
    ) throws(FileFormatError) -> (values: [S], rounded: RoundingTally) {
      guard S.isComplex || array.element.kind != .complex else {
        throw FileFormatError.complexAsReal(array.name, S.kind)
      }
      return try source(of: array, process).elements(
        array.element, count: array.count, offset: 0, as: S.self, progress: progress)
    }

    /// The bytes of an array, from the file or from the answer.
    private func source(of array: Hdf5Array, _ process: Hdf5Process) throws(FileFormatError) -> any ByteSource
    {
      guard let place = array.place else { return Hdf5ArraySource(process, array) }
      let bytes = try SeekableBytes(source)
      let end = place + array.count * array.element.size
      guard end <= bytes.count else {
        throw FileFormatError(
          file: array.name, at: .byte(bytes.count), expected: "\(array.count) elements from byte \(place)",
          found: "the end of the file")
      }
      return SeekableRange(bytes, place..<end, name: array.name)
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

    func rows<S: Scalar>(as: S.Type, _ selection: Hdf5Selection) throws(FileFormatError)
      -> (header: MatrixFileHeader, rows: DenseMatrix<S>, rounded: RoundingTally)?
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
