// Where a secret may come from, and that it does not get out.

import Foundation
import Testing
import TesseraCommunication

@testable import TesseraCommunicationSockets

struct SecretTests {
  private func withFile<Result>(_ text: String, mode: mode_t, _ body: (String) throws -> Result) throws
    -> Result
  {
    let path = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)").path
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { unlink(path) }
    try #require(chmod(path, mode) == 0)
    return try body(path)
  }

  @Test(arguments: ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n"])
  func aFileOfItsOwnerIsRead(text: String) throws {
    let secret = try withFile(text, mode: 0o600) { try Secret.read(file: $0) }
    #expect(try secret.key(for: "x") == Secret("0123456789abcdef".utf8).key(for: "x"))
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o620] as [mode_t])
  func aFileThatOthersMayReadIsRefused(mode: mode_t) throws {
    try withFile("0123456789abcdef\n", mode: mode) { path in
      let error = #expect(throws: CommunicationError.self) { try Secret.read(file: path) }
      let text = "\(try #require(error))"
      #expect(text.contains(path) && text.contains(String(mode, radix: 8)) && !text.contains("0123456789"))
    }
  }

  @Test(arguments: ["", "\n", "short", "0123456789abcde", String(repeating: "x", count: 4097)])
  func secretsThatAreTooShortOrTooLongAreRefused(text: String) throws {
    #expect(throws: CommunicationError.self) { try Secret(text.utf8) }
    try withFile(text, mode: 0o600) { path -> Void in
      #expect(throws: CommunicationError.self) { try Secret.read(file: path) }
    }
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory
    #expect(throws: CommunicationError.self) { try Secret.read(file: folder.path) }
    #expect(throws: CommunicationError.self) { try Secret.read(file: "/nonexistent/secret") }
    try withFile("0123456789abcdef\n", mode: 0o600) { path -> Void in
      let link = path + "-link"
      try #require(symlink(path, link) == 0)
      defer { unlink(link) }
      let refusal = #expect(throws: CommunicationError.self) { try Secret.read(file: link) }
      #expect("\(try #require(refusal))".contains("symbolic link"))
    }
  }

  @Test func aSecretIsNeverPrinted() throws {
    let secret = try Secret("0123456789abcdef".utf8)
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(!text.contains("0123456789") && !text.contains("48"), "\(text)")
    }
  }

  @Test func keysAreNeverPrinted() throws {
    let secret = try Secret("0123456789abcdef".utf8)
    let holders: [Any] = [
      SessionKey([201, 202, 203]), try TLSContext(secret),
      Handshake(initiator: Conversation.claim(), secret: secret),
    ]
    for holder in holders {
      var dumped = ""
      dump(holder, to: &dumped)
      for text in ["\(holder)", String(reflecting: holder), dumped] {
        #expect(!text.contains("[") && !text.contains("20") && text.count < 100, "\(text)")
      }
    }
  }

  @Test func keysForDifferentPurposesDiffer() throws {
    let secret = try Secret("0123456789abcdef".utf8)
    #expect(secret.key(for: "a") == secret.key(for: "a"))
    #expect(secret.key(for: "a") != secret.key(for: "b"))
    // RFC 4231, test case 2.
    let code = Cryptography.authenticationCode(
      key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(hexadecimal(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      hexadecimal(Cryptography.digest(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
