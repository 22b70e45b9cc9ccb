// Where the matrix of an HDF5 file stands: the one that is named, or the only one that hard links lead to.
// O(objects in the file).

#if HDF5
  import CHDF5

  /// The path of a matrix in a file.
  enum Hdf5Place {
    /// A dataset.
    case dense(String)
    /// A folder.
    case sparse(String)

    var path: String {
      switch self {
      case .dense(let path), .sparse(let path): path
      }
    }
  }

  extension Hdf5File {
    /// The matrix that was named; otherwise the only one in the file, or the only vector in a file without one.
    ///
    /// - Throws: `badData` for a file without one, or with several of which none was named.
    func matrix(_ member: String?) throws(FileFormatError) -> Hdf5Place {
      if let member {
        let path = member.hasPrefix("/") ? member : "/" + member
        if has(path) || path == "/" {
          return Hdf5SparseMatrix.stands(at: path, in: self) ? .sparse(path) : .dense(path)
        }
        let found = try candidates()
        throw found.error(
          name, "a dataset or a folder \(quoted(path.utf8))", found.matrices + found.vectors)
      }
      let found = try candidates()
      let candidates = found.matrices.isEmpty ? found.vectors : found.matrices
      guard candidates.count == 1 else {
        throw found.error(name, "one matrix, or the name of the one to read", candidates)
      }
      return candidates[0]
    }

    /// All that could be read as a matrix, and what is not because it stands elsewhere.
    private struct Candidates {
      var matrices: [Hdf5Place] = []
      var vectors: [Hdf5Place] = []
      var elsewhere: [String] = []

      /// The error of a file with these places.
      func error(_ file: String, _ expected: String, _ places: [Hdf5Place]) -> FileFormatError {
        let found = places.isEmpty ? "none" : list(places.map { quoted($0.path.utf8) })
        let left = elsewhere.isEmpty || !places.isEmpty ? "" : "; not followed: " + list(elsewhere)
        return FileFormatError(
          file: file, at: .none, expected: expected, found: found + left,
          remedy: places.isEmpty ? nil : .member)
      }

      private func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
      }
    }

    private func candidates() throws(FileFormatError) -> Candidates {
      let content = try content()
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
          if Hdf5SparseMatrix.stands(at: path, in: self) { found.matrices.append(.sparse(path)) }
        } else {
          switch rank(ofNumbersAt: path) {
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
#endif
