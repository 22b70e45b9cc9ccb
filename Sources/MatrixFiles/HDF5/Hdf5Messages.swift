// What is said between the reader of an HDF5 file and the process in which libhdf5 opens it, both the same program:
//
//   request    the file, the matrix in it, what is wanted; then, where the file has no path, its bytes to the end
//   answer     frames of a length and so many bytes: what the file says, then the numbers of one array after the
//              other as they are stored, but for those that stand together in the file, where the reader finds them;
//              or, instead of any frame, the length -1 and an error
//
// Whole numbers are 8 bytes in the machine's order, text has its length before it.

#if HDF5
  import TesseraLocalMatrices

  /// A message being put together.
  struct Hdf5Message {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: Int) { withUnsafeBytes(of: number) { bytes += $0 } }

    mutating func append(_ text: String) {
      append(text.utf8.count)
      bytes += Array(text.utf8)
    }

    mutating func append(_ text: String?) {
      append(text == nil ? 0 : 1)
      if let text { append(text) }
    }
  }

  extension ByteSource {
    /// The next whole number of a message.
    ///
    /// - Throws: `badData` for one outside of `range`, which nobody has sent, and where the message ends before.
    func number(in range: ClosedRange<Int> = 0...1 << 56) throws(FileFormatError) -> Int {
      let number = try bytes(8, of: "an answer", offset: 0).withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
      guard range.contains(number) else {
        throw FileFormatError(.badData, file: name, "libhdf5 gave a wrong answer")
      }
      return number
    }

    func text() throws(FileFormatError) -> String {
      String(decoding: try bytes(try number(in: 0...1 << 20), of: "an answer", offset: 0), as: UTF8.self)
    }

    func optionalText() throws(FileFormatError) -> String? { try number(in: 0...1) == 0 ? nil : try text() }
  }

  /// What is asked.
  struct Hdf5Request {
    /// The name of the file, for messages.
    let name: String
    /// The file on a disk; nil where its bytes follow.
    let path: String?
    /// The path of the matrix in the file, where it was named.
    let member: String?
    let selection: Hdf5Selection
    /// Seconds of a processor that libhdf5 has from one piece of the answer to the next.
    let patience: Int

    init(_ source: any ByteSource, member: String?, _ selection: Hdf5Selection) {
      name = source.name
      path = (source as? FileSource)?.seekablePath
      self.member = member
      self.selection = selection
      // What takes longer goes in circles: some hundred times as long as unpacking takes.
      patience = 20 + (source.likelyBytes ?? 0) / 10_000_000
    }

    /// The request that comes first in `source`.
    ///
    /// - Throws: when it ends before.
    init(from source: any ByteSource) throws(FileFormatError) {
      name = try source.text()
      path = try source.optionalText()
      member = try source.optionalText()
      let (kind, first, second) = (
        try source.number(in: 0...3), try source.number(in: 0 ... .max), try source.number()
      )
      selection =
        switch kind {
        case 0: .nothing
        case 1: .everything
        case 2: .first(first)
        default: .share(first, of: second)
        }
      patience = try source.number()
    }

    var bytes: [UInt8] {
      var message = Hdf5Message()
      message.append(name)
      message.append(path)
      message.append(member)
      let numbers =
        switch selection {
        case .nothing: (0, 0, 0)
        case .everything: (1, 0, 0)
        case .first(let count): (2, count, 0)
        case .share(let part, let parts): (3, part, parts)
        }
      message.append(numbers.0)
      message.append(numbers.1)
      message.append(numbers.2)
      message.append(patience)
      return message.bytes
    }
  }

  /// An array of numbers in the answer.
  struct Hdf5Array {
    /// The name of the file and of the dataset in it, for messages.
    let name: String
    let element: StoredElement
    let count: Int
    /// The first of its bytes in the file; nil where they follow in the answer.
    let place: Int?
  }

  /// What the file says, before any number.
  struct Hdf5Answer {
    let header: MatrixFileHeader
    /// Of a sparse matrix, whether its lines are rows.
    let isByRows: Bool
    /// The arrays whose numbers were wanted: the elements of a dense matrix; data, indptr and indices of a sparse one.
    let arrays: [Hdf5Array]

    init(_ header: MatrixFileHeader, isByRows: Bool = true, _ arrays: [Hdf5Array]) {
      (self.header, self.isByRows, self.arrays) = (header, isByRows, arrays)
    }

    /// The answer that comes first in `source`.
    ///
    /// - Throws: `badData` for what is none.
    init(from source: any ByteSource) throws(FileFormatError) {
      let isSparse = try source.number(in: 0...1) == 1
      isByRows = try source.number(in: 0...1) == 1
      // Whatever a file claims, for the limits of those who read it.
      let (rows, columns, stored) = (
        try source.number(in: 0 ... .max), try source.number(in: 0 ... .max),
        try source.number(in: 0 ... .max)
      )
      let element = try Hdf5Answer.element(try source.text(), source.name)
      header = MatrixFileHeader(
        rows: rows, columns: columns, storedEntries: stored, format: .hdf5,
        layout: isSparse ? .coordinate : .array(.rowMajor), scalar: element.scalar,
        elementType: element.name, symmetry: .general)
      var arrays: [Hdf5Array] = []
      for _ in 0..<(try source.number(in: 0...3)) {
        let name = try source.text()
        let element = try Hdf5Answer.element(try source.text(), source.name)
        let (count, place) = (try source.number(), try source.number(in: -1...1 << 56))
        arrays.append(Hdf5Array(name: name, element: element, count: count, place: place < 0 ? nil : place))
      }
      self.arrays = arrays
    }

    private static func element(_ name: String, _ file: String) throws(FileFormatError) -> StoredElement {
      guard let element = try? StoredElement(name) else {
        throw FileFormatError(.badData, file: file, "libhdf5 gave a wrong answer")
      }
      return element
    }

    var bytes: [UInt8] {
      var message = Hdf5Message()
      message.append(header.layout == .coordinate ? 1 : 0)
      message.append(isByRows ? 1 : 0)
      for number in [header.rows, header.columns, header.storedEntries] { message.append(number) }
      message.append(header.elementType)
      message.append(arrays.count)
      for array in arrays {
        message.append(array.name)
        message.append(array.element.name)
        message.append(array.count)
        message.append(array.place ?? -1)
      }
      return message.bytes
    }
  }

  extension FileFormatError {
    /// The error that comes next in `source`.
    static func received(from source: any ByteSource) throws(FileFormatError) -> FileFormatError {
      let kinds = Kind.allCases
      let kind = kinds[try source.number(in: 0...kinds.count - 1)]
      let (file, byte) = (try source.text(), try source.number(in: -1 ... .max))
      return FileFormatError(
        kind, file: file, at: byte < 0 ? .none : .byte(byte), try source.text(),
        remedy: try source.number(in: 0...1) == 1 ? .member : nil)
    }

    /// The bytes by which an error of a binary file is sent.
    var bytes: [UInt8] {
      var message = Hdf5Message()
      message.append(Kind.allCases.firstIndex(of: kind) ?? 0)
      message.append(file)
      if case .byte(let byte) = position { message.append(byte) } else { message.append(-1) }
      message.append(self.message)
      message.append(remedy == .member ? 1 : 0)
      return message.bytes
    }
  }
#endif
