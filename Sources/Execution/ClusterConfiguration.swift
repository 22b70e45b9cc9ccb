// Who runs a program: how many workers, in which style, over which transport. A value that the library reads
// from the environment itself, so that every binary understands the same settings.

import Foundation

/// The way of running a driver program.
public enum ExecutionStyle: String, Sendable, CaseIterable {
  /// MPI's way: static ownership, one collective closes each step.
  case messagePassing = "message-passing"
  /// Spark's way: lineage, lazy collections, recovery of what is lost (not over MPI, where a lost
  /// worker ends the job), backup tasks.
  case dataflow
}

/// What carries messages between workers.
public enum Transport: String, Sendable, CaseIterable {
  /// Workers are threads of this process.
  case inProcess = "in-process"
  /// Workers are processes, joined by sockets: started by the driver on its own machine, or come from
  /// elsewhere to where it listens.
  case sockets
  /// Workers are the ranks of an MPI job; their number is the job's. Needs the package trait `MPI`.
  case mpi
}

/// The settings of a cluster.
public struct ClusterConfiguration: Sendable, Equatable {
  /// The number of workers, the driver's own included.
  public var workers: Int
  /// The style of running.
  public var style: ExecutionStyle
  /// The transport.
  public var transport: Transport
  /// The longest message that MPI is given, in bytes, at least 16; longer values go in pieces.
  public var messageBytes = 1 << 30
  /// The bytes of tiles that each worker may hold in memory, beside those that its running task reads and
  /// makes. Beyond them it makes room as `Engine.persist` says. In dataflow any limit is enough, the less the
  /// slower: what was forgotten is made again, and partial results that have to wait go to the disk.
  public var memoryPerWorker = Int.max
  /// How processes find each other, where they do over sockets.
  public var sockets = SocketSettings()

  /// The given settings; by default one worker per processor, as threads of this process.
  public init(
    workers: Int = min(ProcessInfo.processInfo.activeProcessorCount, Self.maximalThreads),
    style: ExecutionStyle = .messagePassing, transport: Transport = .inProcess
  ) {
    self.workers = workers
    self.style = style
    self.transport = transport
  }

  /// The defaults, overridden by `TESSERA_WORKERS`, `TESSERA_STYLE`, `TESSERA_TRANSPORT`,
  /// `TESSERA_MESSAGE_BYTES`, `TESSERA_MEMORY` and those of `SocketSettings` where set. In a process that
  /// `mpirun` or `srun` has started, the default transport is MPI; with an address to listen at or to call it
  /// is sockets.
  ///
  /// - Throws: `invalidConfiguration` when one of them is not a value it may have, and for another transport than
  ///   MPI in one of several processes that `mpirun` or `srun` has started, unless it is a worker that calls its
  ///   driver: each would be a driver of its own.
  public static func fromEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ExecutionError) -> ClusterConfiguration {
    try fromEnvironment(environment, name: \.variable)
  }

  /// As above, where an error calls a setting by the `name` that a person has given it by.
  static func fromEnvironment(_ environment: [String: String], name: (ClusterSetting) -> String)
    throws(ExecutionError) -> ClusterConfiguration
  {
    func parse<Value>(
      _ setting: ClusterSetting, _ allowed: String, _ value: (String) -> Value?
    ) throws(ExecutionError) -> Value? {
      guard let text = environment[setting.variable] else { return nil }
      guard let parsed = value(text) else {
        throw .invalidConfiguration("\(name(setting)) is '\(text)', expected \(allowed)")
      }
      return parsed
    }
    var configuration = ClusterConfiguration()
    if launchedRank(environment) != nil { configuration.transport = .mpi }
    if let workers = try parse(.workers, "a whole number", Int.init) {
      configuration.workers = workers
    }
    if let style = try parse(.style, choices(ExecutionStyle.self), ExecutionStyle.init(rawValue:)) {
      configuration.style = style
    }
    let transport = try parse(.transport, choices(Transport.self), Transport.init(rawValue:))
    if let transport { configuration.transport = transport }
    configuration.sockets = try SocketSettings.fromEnvironment(environment, name: name)
    if transport == nil { configuration.followSockets() }
    if let bytes = try parse(.messageBytes, "a whole number", Int.init) {
      configuration.messageBytes = bytes
    }
    if let memory = try parse(.memory, byteCountForm, bytes(from:)) {
      configuration.memoryPerWorker = memory
    }
    try configuration.validate()
    let processes = launchedCount(environment)
    guard processes == 1 || configuration.transport == .mpi || configuration.sockets.connect != nil else {
      throw .invalidConfiguration(
        "each of the \(processes) processes that have been started together would run the program for itself with "
          + "the transport \(configuration.transport.rawValue); leave out mpirun or srun, or "
          + name(transport == nil ? .listen : .transport))
    }
    return configuration
  }

  /// The bytes that a text such as `65536`, `512K`, `100M` or `2G` stands for, in powers of 1024; nil for any
  /// other text, and for more than an `Int` holds.
  public static func bytes(from text: String) -> Int? {
    let powers: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    let power = text.last.flatMap { powers[Character($0.uppercased())] }
    let digits = power == nil ? text[...] : text.dropLast()
    guard digits.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(digits) else { return nil }
    let (bytes, overflows) = count.multipliedReportingOverflow(by: 1 << (power ?? 0))
    return overflows ? nil : bytes
  }

  /// How `bytes(from:)` wants a text, in words.
  public static let byteCountForm = "a number of bytes, such as 65536, 512K, 100M or 2G"

  /// Takes sockets as the transport if there is an address to listen at or to call.
  public mutating func followSockets() {
    if sockets.listen != nil || sockets.connect != nil { transport = .sockets }
  }

  /// The rank that `mpirun` or `srun` has given this process; nil in a process that neither has started.
  public static func launchedRank(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Int? {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    let rank = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].lazy.compactMap(number).first
    // A batch script has a SLURM_PROCID as well: what srun has started has a number of tasks besides.
    let rankOfStep = (number("SLURM_STEP_NUM_TASKS") ?? 1) > 1 ? number("SLURM_PROCID") : nil
    return rank ?? rankOfStep
  }

  /// How many processes `mpirun` or `srun` has started together with this one, itself included; 1 in a process
  /// that neither has started.
  private static func launchedCount(_ environment: [String: String]) -> Int {
    guard launchedRank(environment) != nil else { return 1 }
    let counts = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]
    return max(1, counts.compactMap { environment[$0].flatMap { Int($0) } }.max() ?? 1)
  }

  /// Whether this process is a worker that `mpirun`, `srun` or a driver on this machine has started: another
  /// speaks for it.
  public static func isStartedWorker(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    launchedRank(environment).map { $0 != 0 } ?? (environment["TESSERA_WORKER"]?.isEmpty == false)
  }

  /// The largest number of workers that run as threads of one process.
  public static let maximalThreads = 1024

  /// - Throws: `invalidConfiguration` when a number is out of range, or settings exclude each other.
  public func validate() throws(ExecutionError) {
    guard workers >= 1, workers <= Self.maximalThreads else {
      throw .invalidConfiguration(
        "the number of workers is \(workers), expected 1 to \(Self.maximalThreads)")
    }
    guard messageBytes >= 16, messageBytes <= Int32.max else {
      throw .invalidConfiguration("a message of \(messageBytes) bytes; expected 16 to \(Int32.max)")
    }
    guard memoryPerWorker >= 1 else {
      throw .invalidConfiguration("workers may use \(memoryPerWorker) bytes of memory, expected at least 1")
    }
    if sockets.listen != nil || sockets.connect != nil, transport != .sockets {
      throw .invalidConfiguration(
        "an address to listen at or to connect to needs the transport sockets, not \(transport.rawValue)")
    }
    try sockets.validate()
  }
}

private func choices<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
where Choice.RawValue == String {
  type.allCases.map(\.rawValue).joined(separator: " or ")
}
