// An open descriptor, sent through a Unix-domain socket together with one number.
//
// Source: unix(7), SCM_RIGHTS; the layout of the control message is cmsg(3)'s: length 8, level 4, type 4,
// descriptor 4, and 4 to fill up.

import Glibc
import TesseraCommunication

enum PassedDescriptor {
  private static let headerBytes = 16
  private static let controlBytes = 24

  /// Sends `descriptor`; the caller keeps its own.
  ///
  /// - Throws: `closed`, also when the peer takes nothing before `deadline`.
  static func send(
    _ descriptor: Int32, labelled number: Int32, over socket: Int32, until deadline: ContinuousClock.Instant
  ) throws(CommunicationError) {
    var control = [UInt8](repeating: 0, count: controlBytes)
    control.withUnsafeMutableBytes {
      $0.storeBytes(of: headerBytes + 4, toByteOffset: 0, as: Int.self)
      $0.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
      $0.storeBytes(of: Int32(SCM_RIGHTS), toByteOffset: 12, as: Int32.self)
      $0.storeBytes(of: descriptor, toByteOffset: 16, as: Int32.self)
    }
    while true {
      let sent = exchange(number, control) { number, message, _ in
        number.pointee = number.pointee.littleEndian
        return sendmsg(socket, message, Int32(MSG_NOSIGNAL))
      }
      if sent.count == 4 { return }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        guard SystemCall.wait(socket, for: POLLOUT, until: deadline) else {
          throw .closed(reason: "a worker does not take its connections")
        }
      // Too many descriptors are on their way at once; their receivers will take them.
      case ETOOMANYREFS where deadline > .now: usleep(1000)
      default: throw .closed(reason: SystemCall.reason(errno))
      }
    }
  }

  /// Waits for the next descriptor, which is the caller's then, and its number.
  ///
  /// - Throws: `closed`, and `malformed` for a message that has none.
  static func receive(over socket: Int32) throws(CommunicationError) -> (descriptor: Int32, number: Int32) {
    while true {
      let received = exchange(0, [UInt8](repeating: 0, count: controlBytes)) { _, message, _ in
        recvmsg(socket, message, Int32(MSG_CMSG_CLOEXEC))
      }
      if received.count == 0 { throw .closed(reason: "the driver has gone") }
      if received.count < 0 {
        guard errno == EAGAIN || errno == EINTR else { throw .closed(reason: SystemCall.reason(errno)) }
        _ = SystemCall.wait(socket, for: POLLIN, until: nil)
        continue
      }
      let (level, type, descriptor) = received.control.withUnsafeBytes {
        (
          $0.load(fromByteOffset: 8, as: Int32.self), $0.load(fromByteOffset: 12, as: Int32.self),
          $0.load(fromByteOffset: 16, as: Int32.self)
        )
      }
      let isPassed =
        received.controlCount >= headerBytes + 4 && level == SOL_SOCKET && type == Int32(SCM_RIGHTS)
      guard isPassed, received.count == 4 else {
        if isPassed { close(descriptor) }
        throw .malformed(expected: "a connection to another worker")
      }
      return (descriptor, Int32(littleEndian: received.number))
    }
  }

  /// One call of sendmsg or recvmsg with four bytes and a control message.
  private static func exchange(
    _ number: Int32, _ control: [UInt8],
    _ call: (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<msghdr>, UnsafeMutableRawPointer?) -> Int
  ) -> (count: Int, number: Int32, control: [UInt8], controlCount: Int) {
    var (number, control, message) = (number, control, msghdr())
    let count = withUnsafeMutablePointer(to: &number) { number in
      control.withUnsafeMutableBytes { control in
        var piece = iovec(iov_base: number, iov_len: 4)
        return withUnsafeMutablePointer(to: &piece) { piece in
          message.msg_iov = piece
          message.msg_iovlen = 1
          message.msg_control = control.baseAddress
          message.msg_controllen = control.count
          return call(number, &message, control.baseAddress)
        }
      }
    }
    return (count, number, control, message.msg_controllen)
  }
}
