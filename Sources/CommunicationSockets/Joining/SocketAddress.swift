// Where to listen and whom to call: HOST:PORT as people write it, and the numeric addresses it stands for.

import Glibc
public import TesseraCommunication

/// A host and a port as a person writes them: `node7:7000`, `10.0.0.7:7000`, `[::1]:7000`.
public struct HostAndPort: Equatable, Sendable, CustomStringConvertible {
  /// A name, or a numeric address without brackets.
  public let host: String
  /// The port; 0 leaves the choice to the system.
  public let port: UInt16

  /// Reads `HOST:PORT`, where a numeric IPv6 host is in brackets.
  ///
  /// - Throws: `refused` when it is written otherwise.
  public init(_ text: String) throws(CommunicationError) {
    let refusal = CommunicationError.refused(
      reason: "'\(text)' is no address; expected HOST:PORT, with an IPv6 host in brackets")
    guard let colon = text.lastIndex(of: ":") else { throw refusal }
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }), let port = UInt16(digits) else {
      throw refusal
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw refusal
    }
    guard !host.isEmpty, !host.utf8.contains(0) else { throw refusal }
    self.host = String(host)
    self.port = port
  }

  /// The addresses that the host has, in the system's order of preference.
  ///
  /// - Throws: `refused` when the name has none.
  func resolved() throws(CommunicationError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard code == 0 else {
      throw .refused(reason: "the host '\(host)' cannot be found: \(String(cString: gai_strerror(code)))")
    }
    let addresses = sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { entry in
      entry.flatMap { SocketAddress($0.pointee.ai_addr, $0.pointee.ai_addrlen) }
    }
    guard !addresses.isEmpty else { throw .refused(reason: "the host '\(host)' has no address") }
    return addresses
  }

  /// As it was written.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A numeric TCP address.
struct SocketAddress: Sendable, CustomStringConvertible {
  private var storage = sockaddr_storage()
  private var length: socklen_t

  /// Nil for other families than IPv4 and IPv6.
  init?(_ address: UnsafePointer<sockaddr>?, _ length: socklen_t) {
    guard let address, [AF_INET, AF_INET6].contains(Int32(address.pointee.sa_family)),
      length <= socklen_t(MemoryLayout<sockaddr_storage>.size)
    else { return nil }
    self.length = length
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
    }
  }

  /// The address at this end of a connection; nil when there is none.
  init?(local descriptor: Int32) { self.init(descriptor, getsockname) }
  /// The address at the other end.
  init?(peer descriptor: Int32) { self.init(descriptor, getpeername) }

  private init?(
    _ descriptor: Int32,
    _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let address = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(descriptor, $0, &length) == 0 ? SocketAddress($0, length) : nil
      }
    }
    guard let address else { return nil }
    self = address
  }

  var family: Int32 { Int32(storage.ss_family) }

  /// IPv4 and IPv6 have the port at the same place.
  var port: UInt16 {
    get { withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) } }
    set {
      withUnsafeMutableBytes(of: &storage) {
        $0.storeBytes(of: newValue.bigEndian, toByteOffset: 2, as: UInt16.self)
      }
    }
  }

  /// The numeric host.
  var host: String {
    var text = [CChar](repeating: 0, count: 1025)
    let code = withPointer {
      getnameinfo($0, $1, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    return code == 0
      ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "?"
  }

  /// Whether only this machine can be at it: 127.0.0.0/8, ::1, and the former written as the latter.
  var isLoopback: Bool {
    withUnsafeBytes(of: storage) {
      if family == AF_INET { return $0[4] == 127 }
      let bytes = $0[8..<24]
      return bytes.elementsEqual([UInt8](repeating: 0, count: 15) + [1])
        || bytes.starts(with: [UInt8](repeating: 0, count: 10) + [255, 255, 127])
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  var description: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
