// Binary elements from a source to an array of scalars. O(bytes) time; memory is that of the array, as far
// as the source really reaches, plus a buffer of 1 MiB.

import TesseraLocalMatrices

extension ByteSource {
  /// The `count` elements that follow and end the source, and the whole numbers among them that were rounded; their
  /// first byte is number `offset` of the file.
  ///
  /// - Throws: `badData` for fewer or more bytes than that, and for more than this machine can hold.
  func elements<S: Scalar>(
    _ element: StoredElement, count: Int, offset: Int, as: S.Type, progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> (values: [S], rounded: RoundingTally) {
    var (elements, rounded): ([S], RoundingTally) = ([], RoundingTally())
    if try canHold(count, element, offset, bytesEach: MemoryLayout<S>.stride) {
      if element.isInMemory(as: S.self) {
        return (try plainElements(count, offset: offset, progress), rounded)
      }
      elements = [S](roomInLargePages: count)
    }
    try pieces(count * element.size, offset) { bytes in
      element.append(bytes, to: &elements, &rounded)
      progress?(self.progress)
    }
    return (elements, rounded)
  }

  /// The `count` elements that follow and end the source, which stand there as in memory: read to where they
  /// are to be.
  private func plainElements<S: Scalar>(_ count: Int, offset: Int, _ progress: ((ReadProgress) -> Void)?)
    throws(FileFormatError) -> [S]
  {
    var failure: FileFormatError?
    let elements = [S](inLargePages: count) { elements, initialized in
      let bytes = UnsafeMutableRawBufferPointer(elements)
      let declared = count * MemoryLayout<S>.stride
      do throws(FileFormatError) {
        var filled = 0
        while filled < declared {
          let wanted = min(declared - filled, 1 << 23)
          let got = try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[filled..<filled + wanted]))
          filled += got
          guard got == wanted else { throw tooShort(offset, declared, filled) }
          progress?(self.progress)
        }
        initialized = count
      } catch {
        // Any bits are a number, so that there is nothing to undo.
        (failure, initialized) = (error, 0)
      }
    }
    if let failure { throw failure }
    try expectEnd(offset, count * MemoryLayout<S>.stride)
    return elements
  }

  /// The `count` whole numbers that follow and end the source.
  ///
  /// - Throws: as `elements`; also for elements of another kind, and for numbers above 2^63-1.
  func integers(_ element: StoredElement, count: Int, offset: Int) throws(FileFormatError) -> [Int] {
    var integers: [Int] = []
    if try canHold(count, element, offset, bytesEach: MemoryLayout<Int>.stride) {
      integers.reserveCapacity(count)
    }
    var isWhole = true
    try pieces(count * element.size, offset) { bytes in
      isWhole = element.append(bytes, toIntegers: &integers) && isWhole
    }
    guard isWhole else {
      throw FileFormatError(
        file: name, at: .byte(offset), expected: "whole numbers below 2^63", found: element.name)
    }
    return integers
  }

  /// Whether there are bytes enough for `count` elements, so that room for them can be asked for at once.
  ///
  /// - Throws: `badData` when there are, and this machine cannot hold them: the size of a file may be a hole.
  private func canHold(_ count: Int, _ element: StoredElement, _ offset: Int, bytesEach: Int)
    throws(FileFormatError) -> Bool
  {
    guard let rest = remainingBytes, rest >= count * element.size else { return false }
    do throws(LinearAlgebraError) {
      try MemoryGuard.check("\(count) elements", count, 1, bytesPerElement: bytesEach)
      return true
    } catch {
      throw FileFormatError(.badData, file: name, at: .byte(offset), "\(error)")
    }
  }

  /// Calls `body` with the `declared` bytes that follow, piece by piece. Elements are at most 16 bytes, so
  /// that none is cut by the end of a piece.
  private func pieces(_ declared: Int, _ offset: Int, _ body: (UnsafeRawBufferPointer) -> Void)
    throws(FileFormatError)
  {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var taken = 0
    while taken < declared {
      let wanted = min(buffer.count, declared - taken)
      let filled = try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
      guard filled == wanted else {
        throw tooShort(offset, declared, taken + filled)
      }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<wanted]))
      taken += wanted
    }
    try expectEnd(offset, declared)
  }

  private func tooShort(_ offset: Int, _ declared: Int, _ found: Int) -> FileFormatError {
    FileFormatError(
      file: name, at: .byte(offset + found), expected: "\(declared) bytes of data",
      found: "the end of the file after \(found)")
  }

  private func expectEnd(_ offset: Int, _ declared: Int) throws(FileFormatError) {
    let one = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { one.deallocate() }
    guard try read(into: one) == 0 else {
      throw FileFormatError(
        file: name, at: .byte(offset + declared),
        expected: "the end of the file after \(declared) bytes of data", found: "more bytes")
    }
  }

  /// The next `count` bytes, the first of them number `offset` of the file.
  ///
  /// - Throws: `badData` when there are fewer.
  func bytes(_ count: Int, of what: String, offset: Int) throws(FileFormatError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 1)
    defer { buffer.deallocate() }
    let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let filled = try fill(wanted)
    guard filled == count else {
      throw FileFormatError(
        file: name, at: .byte(offset + filled), expected: "\(count) bytes of \(what) from byte \(offset)",
        found: "the end of the file")
    }
    return [UInt8](wanted)
  }
}
