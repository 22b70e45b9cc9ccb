// Files that are not what they were: a byte or a piece of a valid one is changed at random, some words that formats
// know come in. Which change is which follows from a seed and a number, so that any of them can be made again.

import Foundation

/// Mutations of small files.
public enum Mutations {
  private static let words = [
    "0", "-1", "1e999", "nan", "inf", "18446744073709551616", "9223372036854775807", "\0", "\n", "\r", " ",
    "%", "complex", "pattern", "symmetric", "hermitian", "skew-symmetric", "array", ".", "+", "(", ")", ",",
    "'", ">f8", "<c16", "|O", "2147483648", "\u{feff}",
  ]

  /// The random numbers of mutation number `number`.
  public static func generator(seed: Int, number: Int) -> SeededGenerator {
    var first = SeededGenerator(seed: seed)
    return SeededGenerator(seed: Int(truncatingIfNeeded: first.next()) ^ number)
  }

  /// `file` with one to three changes.
  public static func mutated(_ file: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = file
    for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
    return bytes
  }

  /// Makes `bytes` the content of the file at `path`, at once and no more safely than that: there are many.
  public static func put(_ bytes: [UInt8], at path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(file) }
    guard file >= 0, bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: if place < bytes.count { bytes[place] = UInt8.random(in: 0 ... .max, using: &random) }
    case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes.insert(contentsOf: (words.randomElement(using: &random) ?? "").utf8, at: place)
    default: bytes.removeSubrange(place...)
    }
  }
}
