// The four things that joining needs of cryptography, all OpenSSL's: HMAC-SHA-256 (RFC 2104, FIPS 180-4),
// SHA-256, random bytes, and comparison in a time that does not depend on the contents.

import COpenSSL

enum Cryptography {
  /// The bytes of a SHA-256 digest, of a proof, and of a nonce.
  static let digestBytes = 32

  /// HMAC-SHA-256 of `message` under `key`, 32 bytes.
  static func authenticationCode(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var length = UInt32(digestBytes)
    let code = [UInt8](unsafeUninitializedCapacity: digestBytes) { buffer, count in
      let result = HMAC(
        EVP_sha256(), key, Int32(key.count), message, message.count, buffer.baseAddress, &length)
      precondition(result != nil, "HMAC of memory cannot fail")
      count = digestBytes
    }
    return code
  }

  /// SHA-256 of `message`, 32 bytes.
  static func digest(_ message: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: digestBytes) { buffer, count in
      _ = SHA256(message, message.count, buffer.baseAddress)
      count = digestBytes
    }
  }

  /// Unpredictable bytes.
  static func random(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // A machine without random numbers must not pretend to have secrets.
      precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "the system has no random numbers")
      initialized = count
    }
  }

  /// Whether two byte strings are equal, in a time that depends on their lengths alone.
  static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
  }
}
