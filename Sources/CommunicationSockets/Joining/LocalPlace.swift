// The worker's side of LocalWorkers: what the driver has said in the environment, and coming together.

import Glibc
public import TesseraCommunication

/// The place of a process that a driver on this machine has started.
public struct LocalPlace: Equatable, Sendable {
  /// The variable that tells a process its place: socket, rank, size, and "alone" if so.
  public static let variable = "TESSERA_WORKER"

  let socket: Int32
  /// This worker's rank.
  public let rank: Int
  /// The number of workers, the driver's own included.
  public let size: Int
  /// Whether all workers but the driver's own are lost: this one has come in their stead.
  let isAlone: Bool

  init(socket: Int32, rank: Int, size: Int, isAlone: Bool = false) {
    self.socket = socket
    self.rank = rank
    self.size = size
    self.isAlone = isAlone
  }

  /// Nil for text that no driver has written.
  init?(_ text: String) {
    let words = text.split(separator: " ")
    let numbers = words.prefix(3).map { Int($0) }
    guard words.count == 3 || words.count == 4 && words[3] == Self.alone,
      let socket = numbers[0], let rank = numbers[1], let size = numbers[2],
      3...Int(Int32.max) ~= socket, 2...Roster.mostMembers ~= size, 1..<size ~= rank
    else { return nil }
    self.init(socket: Int32(socket), rank: rank, size: size, isAlone: words.count == 4)
  }

  private static let alone = "alone"

  var encoded: String { "\(socket) \(rank) \(size)" + (isAlone ? " " + Self.alone : "") }

  /// This process's place, told once; nil in a process that no driver has started.
  ///
  /// - Throws: `refused` when the variable is there, but not the socket.
  public static func take() throws(CommunicationError) -> LocalPlace? {
    // An empty variable is how some shells unset one.
    guard let text = getenv(variable).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    unsetenv(variable)
    var status = stat()
    guard let place = LocalPlace(text), fstat(place.socket, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK
    else { throw .refused(reason: "\(variable) is '\(text)', and there is no driver's socket") }
    // What this process starts is not to keep the driver waiting for its end.
    _ = fcntl(place.socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(place.socket, F_SETFL, O_NONBLOCK)
    return place
  }

  /// Joins the driver and the other workers. Blocks the calling thread.
  ///
  /// - Throws: `closed` when the driver has gone.
  public func join() throws(CommunicationError) -> SocketCommunicator {
    var links: [Int: any Link] = [0: PlainLink(descriptor: socket, isChecksummed: false)]
    do throws(CommunicationError) {
      try say("here")
      if isAlone {
        for lost in 1..<size where lost != rank { links[lost] = AbsentLink() }
      }
      while links.count < size - 1 {
        let passed = try PassedDescriptor.receive(over: socket)
        let peer = Int(passed.number)
        guard 1..<size ~= peer, peer != rank, links[peer] == nil else {
          close(passed.descriptor)
          throw .malformed(expected: "a connection to each worker")
        }
        links[peer] = PlainLink(descriptor: passed.descriptor, isChecksummed: false)
      }
      try say("ready")
      try hear()
    } catch {
      for link in links.values { link.close() }
      throw error
    }
    return SocketCommunicator(rank: rank, size: size, links: links)
  }

  private func say(_ word: String) throws(CommunicationError) {
    guard send(socket, word, 1, Int32(MSG_NOSIGNAL)) == 1 else {
      throw .closed(reason: "the driver has gone")
    }
  }

  private func hear() throws(CommunicationError) {
    while true {
      _ = SystemCall.wait(socket, for: POLLIN, until: nil)
      var byte: UInt8 = 0
      let count = recv(socket, &byte, 1, 0)
      if count == 1 { return }
      guard count < 0, errno == EAGAIN || errno == EINTR else { throw .closed(reason: "the driver has gone") }
    }
  }
}
