// What the system says of this machine and this process. Linux: from /proc and /sys; what is not there is not
// said.

import Foundation
import Tessera

/// Facts about the machine, the process and its environment.
struct MachineFacts {
  var processor = "unknown"
  /// What the processor can do, as /proc/cpuinfo has it.
  var features: Set<String> = []
  /// Processors that this process may use.
  var processors = ProcessInfo.processInfo.activeProcessorCount
  /// Processors' worth of time that a control group grants; nil without a limit.
  var quota: Double?
  /// Processes that wanted a processor, on the average of the last minute.
  var load = 0.0
  var memoryBytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)
  /// What could be had without pushing anything out.
  var availableBytes: Int?
  /// Files that this process may have open.
  var descriptors = 0
  var isRoot = geteuid() == 0
  var environment = ProcessInfo.processInfo.environment
  var blas = BLASLibrary.configuration
  var coreType = BLASLibrary.coreType
  #if DEBUG
    var isOptimized = false
  #else
    var isOptimized = true
  #endif

  /// Those of this machine.
  static func current() -> MachineFacts {
    var facts = MachineFacts()
    for line in lines("/proc/cpuinfo") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2 else { continue }
      if parts[0] == "model name" { facts.processor = parts[1] }
      if parts[0] == "flags" || parts[0] == "Features" {
        facts.features = Set(parts[1].split(separator: " ").map(String.init))
      }
    }
    var loads = [0.0]
    if getloadavg(&loads, 1) == 1 { facts.load = loads[0] }
    for line in lines("/proc/meminfo") where line.hasPrefix("MemAvailable:") {
      facts.availableBytes = numbers(line).first.map { Int($0) << 10 }
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      facts.descriptors = Int(clamping: limit.rlim_cur)
    }
    facts.quota = quota()
    return facts
  }

  /// The share of a control group, of the second version or the first.
  private static func quota() -> Double? {
    let second = lines("/sys/fs/cgroup/cpu.max").first.map(numbers) ?? []
    if second.count == 2, second[1] > 0 { return second[0] / second[1] }
    let first = ["quota", "period"].compactMap {
      lines("/sys/fs/cgroup/cpu/cpu.cfs_\($0)_us").first.map(numbers)?.first
    }
    return first.count == 2 && first[0] > 0 && first[1] > 0 ? first[0] / first[1] : nil
  }

  private static func lines(_ path: String) -> [String] {
    (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
  }

  private static func numbers(_ line: String) -> [Double] {
    line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  }
}
