// Addresses as people write them.

import Testing
import TesseraCommunication

@testable import TesseraCommunicationSockets

struct SocketAddressTests {
  @Test(arguments: [
    ("localhost:7000", "localhost", 7000), ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:65535", "::1", 65535),
    ("a-b.example:1", "a-b.example", 1),
  ])
  func hostAndPortAreRead(text: String, host: String, port: Int) throws {
    let place = try HostAndPort(text)
    #expect(place.host == host && Int(place.port) == port && place.description == text)
  }

  @Test(arguments: [
    "", ":", "7000", "a", "a:", ":7000", "a:b", "a:-1", "a:65536", "a:+1", "a: 1", "::1:7000", "[::1]",
    "[]:1", "a:1:",
    "a\0b:1",
  ])
  func otherTextIsRefused(text: String) {
    #expect(throws: CommunicationError.self) { try HostAndPort(text) }
  }

  @Test func aHostThatDoesNotExistIsNamed() throws {
    let error = #expect(throws: CommunicationError.self) {
      try HostAndPort("no-such-host.invalid:1").resolved()
    }
    #expect("\(try #require(error))".contains("no-such-host.invalid"))
  }

  @Test func aPortInUseIsRefusedAndZeroFindsAnother() throws {
    let first = try Listener(at: HostAndPort("127.0.0.1:0"))
    #expect(first.address.port != 0 && first.address.isLoopback)
    let error = #expect(throws: CommunicationError.self) {
      let second = try Listener(at: HostAndPort("127.0.0.1:\(first.address.port)"))
      Issue.record("listens at \(second.address)")
    }
    let text = "\(try #require(error))"
    #expect(text.contains("127.0.0.1:\(first.address.port)") && text.contains("in use"))
    let third = try Listener(at: HostAndPort("127.0.0.1:0"))
    #expect(third.address.port != first.address.port)
  }

  @Test func anAddressOfAnotherMachineCannotBeListenedAt() {
    #expect(throws: CommunicationError.self) {
      // RFC 5737: for documentation, nobody's.
      let listener = try Listener(at: HostAndPort("192.0.2.1:0"))
      Issue.record("listens at \(listener.address)")
    }
  }

  @Test func loopbackIsRecognized() throws {
    for (text, isLoopback) in [
      ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("[::1]:1", true), ("[::ffff:127.0.0.1]:1", true),
      ("0.0.0.0:1", false),
      ("[::]:1", false), ("192.0.2.1:1", false), ("[2001:db8::1]:1", false),
    ] {
      let address = try #require(try HostAndPort(text).resolved().first)
      #expect(address.isLoopback == isLoopback, "\(text)")
    }
  }
}
