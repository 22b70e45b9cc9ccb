// Where the figures come from: without it they mean nothing.

import CBLAS
import Foundation

/// A machine and the BLAS on it.
public struct Machine: Codable, Sendable {
  public let processor: String
  public let processors: Int
  public let memoryBytes: UInt64
  public let system: String
  /// OpenBLAS's version and options.
  public let blas: String
  /// The processor whose kernels OpenBLAS uses.
  public let coreType: String
  /// `OPENBLAS_CORETYPE`, which chooses them.
  public let forcedCoreType: String?
  /// Processes that wanted a processor, on the average of the last minute.
  public let load: Double

  /// This one, now.
  public static func current() -> Machine {
    var loads = [0.0]
    return Machine(
      processor: cpuinfo("model name") ?? "unknown",
      processors: ProcessInfo.processInfo.activeProcessorCount,
      memoryBytes: ProcessInfo.processInfo.physicalMemory,
      system: ProcessInfo.processInfo.operatingSystemVersionString,
      blas: openblas_get_config().map { words(String(cString: $0)) } ?? "",
      coreType: openblas_get_corename().map { words(String(cString: $0)) } ?? "",
      forcedCoreType: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"],
      load: getloadavg(&loads, 1) == 1 ? loads[0] : 0)
  }

  /// What OpenBLAS should be told of a processor that it is too old to know, for it takes kernels of 2004 then:
  /// the value of `OPENBLAS_CORETYPE`. Nil where it needs to be told nothing, or has been told.
  public var missingCoreType: String? {
    guard forcedCoreType == nil, ["Prescott", "Core2", "Generic", "Nehalem"].contains(coreType) else {
      return nil
    }
    let flags = Machine.cpuinfo("flags")?.split(separator: " ") ?? []
    return flags.contains("avx512f") ? "SkylakeX" : flags.contains("avx2") ? "Haswell" : nil
  }

  /// One line each.
  public var lines: [String] {
    [
      "\(processor), \(processors) processors, \(memoryBytes >> 30) GiB, \(system)",
      "\(blas), kernels for \(coreType)" + (forcedCoreType.map { " (OPENBLAS_CORETYPE=\($0))" } ?? ""),
      String(format: "load %.1f before anything was measured", load),
    ]
  }

  private static func cpuinfo(_ name: String) -> String? {
    let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }

  private static func words(_ text: String) -> String {
    text.split(separator: " ").joined(separator: " ")
  }
}
