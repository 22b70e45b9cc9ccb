// Memory that an algorithm needs for the time of a call.

/// Lends room for `count` numbers, not initialized.
func withScratch<Element, Result>(
  _ count: Int, of type: Element.Type,
  _ body: (UnsafeMutableBufferPointer<Element>) throws(CommunicationError) -> Result
) throws(CommunicationError) -> Result {
  let scratch = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
  defer { scratch.deallocate() }
  return try body(scratch)
}

/// An array of `count` numbers that `fill` fills.
func filled<Element>(
  _ count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws(CommunicationError) -> Void
) throws(CommunicationError) -> [Element] {
  precondition(_isPOD(Element.self), "\(Element.self) is not a plain number")
  var failure: CommunicationError?
  let numbers = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    do throws(CommunicationError) {
      try fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return numbers
}
