// An HDF5 file as a tree of named objects. Links to other files are never followed; of the links inside the file,
// hard ones when looking for a matrix, soft ones too when a name is given.

#if HDF5
  import CHDF5

  /// An open file.
  struct Hdf5File: ~Copyable {
    /// The name for messages.
    let name: String
    private let file: Hdf5Handle
    /// How links are followed: not out of the file.
    private let access: Hdf5Handle
    /// Whether others can read it too.
    private let isOnDisk: Bool

    /// Folders inside folders that are searched, and objects that are looked at, for a matrix that is not named.
    private static let (deepest, most) = (100, 1000)

    private init(
      _ file: consuming Hdf5Handle, _ access: consuming Hdf5Handle, isOnDisk: Bool, name: String
    ) {
      self.file = file
      self.access = access
      self.isOnDisk = isOnDisk
      self.name = name
    }

    /// Opens the file that `source` is; what is no file on a disk is taken into memory.
    ///
    /// - Throws: `badData` for what is no HDF5 file, or a damaged one.
    static func opened(_ source: any ByteSource) throws(FileFormatError) -> Hdf5File {
      let name = source.name
      let driver = try Hdf5Handle(H5Pcreate(tessera_h5_file_access()), "cannot be opened", file: name)
      let path = (source as? FileSource)?.seekablePath
      if path != nil {
        H5Pset_fapl_sec2(driver.id)
      } else {
        let bytes = try SeekableBytes(source)
        var content = try bytes.bytes(0..<bytes.count, of: "a file")
        H5Pset_fapl_core(driver.id, 1 << 16, false)
        H5Pset_file_image(driver.id, &content, content.count)
      }
      let file = try Hdf5Handle(
        // Bytes in memory need a name that no file has.
        H5Fopen(path ?? "/dev/null/" + name, tessera_h5_read_only(), driver.id),
        "is not a readable HDF5 file", file: name)
      let access = try Hdf5Handle(H5Pcreate(tessera_h5_link_access()), "cannot be opened", file: name)
      // Whatever a link names: what stops here opens no other file.
      H5Pset_elink_cb(access.id, { _, _, _, _, _, _, _ in -1 }, nil)
      return Hdf5File(file, access, isOnDisk: path != nil, name: name)
    }

    /// A name for messages.
    func name(of path: String) -> String { name + ":" + path }

    /// What stands at `path`.
    ///
    /// - Throws: `badData` where nothing does, or only in another file.
    func object(_ path: String) throws(FileFormatError) -> Hdf5Handle {
      let kind = path.utf8.contains(0) ? H5L_TYPE_ERROR : kind(of: path)
      guard kind != H5L_TYPE_EXTERNAL else {
        throw FileFormatError(
          .badData, file: name(of: path), "is a link to another file, which is not followed")
      }
      let object = H5Oopen(file.id, path, access.id)
      guard object >= 0 || kind != H5L_TYPE_SOFT else {
        throw FileFormatError(
          .badData, file: name(of: path),
          "is a link to nothing in this file, and links to other files are not followed")
      }
      return try Hdf5Handle(object, "cannot be opened", file: name(of: path))
    }

    /// Whether `path` names an object, in this file or out of it.
    func has(_ path: String) -> Bool { kind(of: path) != H5L_TYPE_ERROR }

    private func kind(of path: String) -> H5L_type_t {
      // Every folder on the way must be there before the library is asked for what is in it; each is looked for in the
      // one before, not from the root.
      let parts = path.split(separator: "/").map(String.init)
      guard let last = parts.last,
        var folder = try? Hdf5Handle(H5Oopen(file.id, "/", access.id), "", file: name)
      else { return parts.isEmpty ? H5L_TYPE_HARD : H5L_TYPE_ERROR }
      for part in parts.dropLast() {
        let kind = tessera_h5_link_kind(folder.id, part)
        guard kind == H5L_TYPE_HARD || kind == H5L_TYPE_SOFT else { return kind }
        guard let next = try? Hdf5Handle(H5Oopen(folder.id, part, access.id), "", file: name) else {
          return H5L_TYPE_ERROR
        }
        folder = next
      }
      return tessera_h5_link_kind(folder.id, last)
    }

    /// The dataset at `path`.
    ///
    /// - Throws: as `object`, and as `Hdf5Dataset`; `badData` for something else.
    func dataset(_ path: String) throws(FileFormatError) -> Hdf5Dataset {
      let object = try object(path)
      guard H5Iget_type(object.id) == H5I_DATASET else {
        throw FileFormatError(
          file: name(of: path), at: .none, expected: "a dataset, or a folder with a sparse matrix in it",
          found: "something else")
      }
      return try Hdf5Dataset.checked(object, isOnDisk: isOnDisk, name: name(of: path))
    }

    /// What is found in a file.
    struct Content {
      /// The paths of all folders and datasets that hard links lead to, in the order of their names, folders before
      /// what is in them; an object of several names by the first of them.
      fileprivate(set) var paths: [(path: String, isFolder: Bool)] = []
      /// The paths of links to other files.
      fileprivate(set) var externalLinks: [String] = []
      /// The objects that have been seen, by their numbers.
      fileprivate var numbers: Set<UInt> = []
    }

    /// What is in the file; links to other files are not followed.
    ///
    /// - Throws: `badData` for more than can be looked at.
    func content() throws(FileFormatError) -> Content {
      var content = Content()
      content.numbers.insert(tessera_h5_object_number(file.id, "/"))
      try collect("/", depth: 0, into: &content)
      return content
    }

    private func collect(_ path: String, depth: Int, into content: inout Content) throws(FileFormatError) {
      guard content.paths.count < Hdf5File.most, depth <= Hdf5File.deepest else {
        let what =
          depth > Hdf5File.deepest
          ? "folders nested more than \(Hdf5File.deepest) deep" : "more than \(Hdf5File.most) objects"
        throw FileFormatError(
          .badData, file: name, "holds \(what): name the one to read", remedy: .member)
      }
      let object = try object(path)
      let type = H5Iget_type(object.id)
      guard type == H5I_GROUP || type == H5I_DATASET else { return }
      content.paths.append((path, type == H5I_GROUP))
      guard type == H5I_GROUP else { return }
      for link in try links(of: object, path) {
        let inside = (path == "/" ? "/" : path + "/") + link
        let kind = tessera_h5_link_kind(object.id, link)
        if kind == H5L_TYPE_EXTERNAL { content.externalLinks.append(inside) }
        guard kind == H5L_TYPE_HARD else { continue }
        let number = tessera_h5_object_number(object.id, link)
        if number == .max || content.numbers.insert(number).inserted {
          try collect(inside, depth: depth + 1, into: &content)
        }
      }
    }

    private func links(of folder: borrowing Hdf5Handle, _ path: String) throws(FileFormatError) -> [String] {
      var info = H5G_info_t()
      try Hdf5.check(H5Gget_info(folder.id, &info), "cannot be read", file: name(of: path))
      let id = folder.id
      return (0..<min(info.nlinks, hsize_t(Hdf5File.most))).compactMap { number in
        Hdf5.text { buffer, size in
          H5Lget_name_by_idx(
            id, ".", H5_INDEX_NAME, H5_ITER_INC, number, buffer, size, tessera_h5_default())
        }
      }
    }

    /// The text in the attribute `attribute` of `object`; nil where there is none, or another value.
    func text(_ attribute: String, of object: borrowing Hdf5Handle) -> String? {
      guard H5Aexists(object.id, attribute) > 0,
        let value = try? Hdf5Handle(H5Aopen(object.id, attribute, tessera_h5_default()), "", file: name),
        let type = try? Hdf5Handle(H5Aget_type(value.id), "", file: name),
        let space = try? Hdf5Handle(H5Aget_space(value.id), "", file: name),
        H5Tget_class(type.id) == H5T_STRING, H5Sget_simple_extent_npoints(space.id) == 1
      else { return nil }
      if H5Tis_variable_str(type.id) > 0 {
        var text: UnsafeMutablePointer<CChar>?
        guard H5Aread(value.id, type.id, &text) >= 0, let text else { return nil }
        defer { H5free_memory(text) }
        return String(cString: text)
      }
      let size = H5Tget_size(type.id)
      guard size > 0, size <= 1024 else { return nil }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { bytes in
        guard H5Aread(value.id, type.id, bytes.baseAddress) >= 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }

    /// The whole numbers in the attribute `attribute` of `object`; nil where there is none, or other values.
    func integers(_ attribute: String, of object: borrowing Hdf5Handle) -> [Int]? {
      guard H5Aexists(object.id, attribute) > 0,
        let value = try? Hdf5Handle(H5Aopen(object.id, attribute, tessera_h5_default()), "", file: name),
        let type = try? Hdf5Handle(H5Aget_type(value.id), "", file: name),
        let space = try? Hdf5Handle(H5Aget_space(value.id), "", file: name),
        H5Tget_class(type.id) == H5T_INTEGER, 1...8 ~= H5Sget_simple_extent_npoints(space.id)
      else { return nil }
      var numbers = [Int64](repeating: 0, count: Int(H5Sget_simple_extent_npoints(space.id)))
      guard H5Aread(value.id, tessera_h5_int64(), &numbers) >= 0 else { return nil }
      return numbers.map { Int($0) }
    }
  }
#endif
