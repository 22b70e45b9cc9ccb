// The formats and the file names that mean them.

/// A format of matrix files.
public enum MatrixFileFormat: String, Sendable, Hashable, CaseIterable {
  /// Matrix Market (NIST, Boisvert, Pozo and Remington 1996), coordinate or array.
  case matrixMarket = "mtx"
  /// NumPy's array file.
  case npy
  /// NumPy's archive of arrays: one array, or SciPy's sparse matrix.
  case npz
  /// A table of numbers, one row a line, with commas between the fields.
  case csv
  /// A table of numbers, one row a line, with tabs between the fields.
  case tsv
  /// svmlight's and libsvm's rows of labels and `column:value` (Joachims 1999).
  case svmlight = "svm"
  /// Big-endian arrays of any rank, flattened to rows (LeCun, Cortes and Burges, MNIST).
  case idx
  /// HDF5: a dataset, or a folder of the arrays of a sparse matrix. In builds with the package trait `HDF5`.
  case hdf5 = "h5"
  /// An archive of the SuiteSparse collection, `name.tar.gz` with the Matrix Market file `name/name.mtx`.
  case archive = "tar"

  /// How names of such files end, in lower case. All but the archives may be compressed, which `.gz` tells.
  public var endings: [String] {
    switch self {
    case .matrixMarket: [".mtx"]
    case .npy: [".npy"]
    case .npz: [".npz"]
    case .csv: [".csv"]
    case .tsv: [".tsv"]
    case .svmlight: [".svm", ".libsvm", ".svmlight"]
    case .idx: [".idx", "-idx1-ubyte", "-idx3-ubyte"]
    case .hdf5: [".h5", ".hdf5", ".h5ad"]
    case .archive: [".tar.gz", ".tgz", ".tar"]
    }
  }

  /// Whether this build reads and writes it: HDF5 is behind a package trait.
  public var isAvailable: Bool {
    #if HDF5
      true
    #else
      self != .hdf5
    #endif
  }

  /// Whether a file holds several members, compressed in its own way.
  var isArchive: Bool { self == .npz || self == .hdf5 || self == .archive }

  /// Whether the format keeps entries rather than all elements.
  public var isSparse: Bool {
    switch self {
    case .matrixMarket, .npz, .svmlight, .hdf5, .archive: true
    case .npy, .csv, .tsv, .idx: false
    }
  }

  /// The format that the end of a file name means, in any case of letters.
  ///
  /// - Throws: a `usage` error that lists the known endings.
  public static func inferred(fromName path: String) throws(FileFormatError) -> MatrixFileFormat {
    let name = path.lowercased()
    let format = allCases.first { format in
      format.endings.contains { ending in
        name.hasSuffix(ending) || !format.isArchive && name.hasSuffix(ending + ".gz")
      }
    }
    if let format { return format }
    throw FileFormatError(
      .usage, file: path,
      "the name does not tell the format; known endings are "
        + allCases.map { $0.endings.joined(separator: ", ") }.joined(separator: ", ")
        + ", all but the archives and HDF5 also with .gz; or name the format: "
        + allCases.map(\.rawValue).joined(separator: ", "), remedy: .format)
  }
}
