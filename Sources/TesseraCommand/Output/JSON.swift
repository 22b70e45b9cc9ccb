// One JSON object for a script: keys in the order of the documentation, numbers in the fewest digits that
// read back the same, a complex number as [re, im], and what JSON cannot hold as "nan", "inf", "-inf" (RFC
// 8259).

import Tessera

/// A JSON value.
enum JSON: CustomStringConvertible {
  case null
  case bool(Bool)
  case int(Int)
  case text(String)
  case number(String)
  case array([JSON])
  case object([(String, JSON)])

  /// A real number.
  static func real<R: RealScalar>(_ x: R) -> JSON {
    if x.isNaN { return .text("nan") }
    if x.isInfinite { return .text(x > 0 ? "inf" : "-inf") }
    return .number("\(x)")
  }

  /// A real number, or a complex one as a pair.
  static func scalar<S: Scalar>(_ x: S) -> JSON {
    S.isComplex ? .array([real(x.realPart), real(x.imaginaryPart)]) : real(x.realPart)
  }

  /// Numbers.
  static func reals<R: RealScalar>(_ values: [R]) -> JSON { .array(values.map { real($0) }) }

  var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .text(let value): quoted(value)
    case .number(let digits): digits
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(quoted($0)): \($1)" }.joined(separator: ", ") + "}"
    }
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
