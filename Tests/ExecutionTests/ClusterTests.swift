// A cluster's life: it starts, runs one program and is gone, however the program ends.

import Foundation
import Synchronization
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraExecution

@Suite(.timeLimit(.minutes(30))) struct ClusterTests {
  private struct ProgramError: Error {}

  @Test func theProgramsResultAndErrorAreTheClusters() async throws {
    let configuration = ClusterConfiguration(workers: 3)
    #expect(try await Cluster.run(configuration, registry: .test) { $0.configuration } == configuration)
    await #expect(throws: ProgramError.self) {
      try await Cluster.run(configuration, registry: .test) { _ in throw ProgramError() }
    }
  }

  @Test func aWorkerThatIsAnotherProgramIsRefusedByName() async throws {
    let group = InProcessCommunicator.group(size: 2, encodes: true)
    let other = TaskRegistry([.tile(Numbers.self)])
    async let served: Void = Cluster.serve(group[1], registry: other)
    do {
      try await Cluster.run(ClusterConfiguration(workers: 2), over: [group[0]], registry: .test) { cluster in
        _ = try await cluster.engine.collect(try await cluster.engine.place(texts(4)))
      }
      Issue.record("the worker was not refused")
    } catch ExecutionError.communication(.closed(let reason)) {
      #expect(reason.contains("worker 1 is another program") && reason.contains(BracketingTask.name))
    }
    await served
  }

  @Test func workersElsewhereServeUntilTheProgramEnds() async throws {
    let group = InProcessCommunicator.group(size: 2, encodes: true)
    async let served: Void = Cluster.serve(group[1], registry: .test)
    let tiles = try await Cluster.run(
      ClusterConfiguration(workers: 2), over: [group[0]], registry: .test
    ) { try await $0.engine.collect(try await $0.engine.place(texts(4))) }
    #expect(tiles == texts(4))
    await served
  }

  @Test func manyStartsLeaveNoThreadAndNoDescriptor() async throws {
    let (threads, descriptors) = (entries("task"), entries("fd"))
    for k in 0..<100 {
      let sum = try? await Cluster.run(ClusterConfiguration(workers: 8), registry: .test) { cluster in
        if k % 3 == 0 { throw ProgramError() }
        let tiles = try await cluster.engine.place(texts(8))
        return try await cluster.engine.reduce(BracketingTask.self, [], over: tiles)
      }
      #expect((sum == nil) == (k % 3 == 0))
    }
    // Other tests run beside this one: some growth is theirs, 800 threads would be ours.
    #expect(entries("task") < threads + 200)
    #expect(entries("fd") < descriptors + 50)
  }

  @Test func manyClustersRunAtOnce() async throws {
    try await withThrowingTaskGroup(of: String.self) { group in
      for k in 0..<32 {
        group.addTask {
          try await Cluster.run(ClusterConfiguration(workers: 1 + k % 5), registry: .test) { cluster in
            let tiles = try await cluster.engine.place(texts(6))
            let mapped = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
            return try await cluster.engine.reduce(BracketingTask.self, [], over: mapped)
          }
        }
      }
      for try await tree in group { #expect(tree == "(((0:0 1:1) (2:2 3:3)) (4:4 5:5))") }
    }
  }

  @Test func aStepAfterTheProgramsEndIsRefused() async throws {
    let (cluster, tiles) = try await Cluster.run(ClusterConfiguration(workers: 2), registry: .test) {
      ($0, try await $0.engine.place(texts(3)))
    }
    await #expect(throws: ExecutionError.self) { try await cluster.engine.collect(tiles) }
    await #expect(throws: ExecutionError.self) { try await cluster.engine.place(texts(1)) }
  }

  @Test func theTilesOfADeadHandleAreForgottenByTheNextStep() async throws {
    let tiles = 10
    let count = Counter()
    try await withCluster(workers: 3, registry: TaskRegistry([.tile(Counted.self), .tile(Text.self)])) {
      cluster in
      do {
        let made = (0..<tiles).map { _ in Counted(count) }
        let collection = try await cluster.engine.place(made)
        #expect(collection.tileCount == tiles)
        _ = try await cluster.engine.place(texts(1))
        #expect(count.value == tiles)
        withExtendedLifetime(collection) {}
      }
      _ = try await cluster.engine.place(texts(1))
      // The other workers hear of it while the driver goes on.
      for _ in 0..<1000 where count.value > 0 { try await Task.sleep(for: .milliseconds(1)) }
      #expect(count.value == 0)
    }
  }

  private func entries(_ folder: String) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/" + folder).count) ?? 0
  }
}

/// How many canaries live.
private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add(_ change: Int) { count.withLock { $0 += change } }
}

/// A tile that is counted as long as anybody holds it.
private struct Counted: Tile {
  static let typeName = "test/counted"
  private final class Canary: Sendable {
    let counter: Counter
    init(_ counter: Counter) {
      self.counter = counter
      counter.add(1)
    }
    deinit { counter.add(-1) }
  }
  private let canary: Canary
  init(_ counter: Counter) { canary = Canary(counter) }
  func encode(to writer: inout WireWriter) {}
  init(from reader: inout WireReader) throws(CommunicationError) { self.init(Counter()) }
}

@Suite struct ConfigurationTests {
  @Test func theEnvironmentOverridesTheDefaults() throws {
    let defaults = try ClusterConfiguration.fromEnvironment([:])
    #expect(defaults == ClusterConfiguration() && defaults.workers >= 1)
    let configuration = try ClusterConfiguration.fromEnvironment([
      "TESSERA_WORKERS": "7", "TESSERA_STYLE": "message-passing", "TESSERA_TRANSPORT": "in-process",
    ])
    #expect(configuration == ClusterConfiguration(workers: 7, style: .messagePassing, transport: .inProcess))
  }

  @Test(arguments: [
    ("TESSERA_WORKERS", "0"), ("TESSERA_WORKERS", "-1"), ("TESSERA_WORKERS", "1025"), ("TESSERA_WORKERS", ""),
    ("TESSERA_WORKERS", "four"), ("TESSERA_WORKERS", "1e3"), ("TESSERA_WORKERS", "99999999999999999999"),
    ("TESSERA_MEMORY", ""), ("TESSERA_MEMORY", "0"), ("TESSERA_MEMORY", "-1"), ("TESSERA_MEMORY", "1T"),
    ("TESSERA_MEMORY", "K"), ("TESSERA_MEMORY", "1.5G"), ("TESSERA_MEMORY", "9999999999G"),
    ("TESSERA_STYLE", "spark"), ("TESSERA_STYLE", ""), ("TESSERA_TRANSPORT", "pigeon"),
  ])
  func aValueThatCannotBeIsNamed(name: String, value: String) {
    let error = #expect(throws: ExecutionError.self) {
      try ClusterConfiguration.fromEnvironment([name: value])
    }
    guard case .invalidConfiguration(let message)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.hasPrefix(name) || message.contains(" \(value)"), "\(message)")
  }

  @Test func memoryIsInBytesOrPowersOf1024() throws {
    for (text, bytes) in [
      ("1", 1), ("65536", 65536), ("512k", 512 << 10), ("100M", 100 << 20), ("2G", 2 << 30),
    ] {
      #expect(try ClusterConfiguration.fromEnvironment(["TESSERA_MEMORY": text]).memoryPerWorker == bytes)
    }
  }

  @Test(arguments: [
    ["OMPI_COMM_WORLD_RANK": "3"], ["PMIX_RANK": "3"], ["PMI_RANK": "3"],
    ["SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4"],
  ])
  func launchersMakeRanksOfAnMPIJob(environment: [String: String]) throws {
    #expect(ClusterConfiguration.launchedRank(environment) == 3)
    #expect(ClusterConfiguration.isStartedWorker(environment))
    #expect(!ClusterConfiguration.isStartedWorker(["TESSERA_WORKER": ""]))
    for style in ExecutionStyle.allCases {
      let settings = environment.merging(["TESSERA_STYLE": style.rawValue]) { $1 }
      let configuration = try ClusterConfiguration.fromEnvironment(settings)
      #expect(configuration.transport == .mpi && configuration.style == style)
    }
  }

  /// Each would be a driver of its own. One that calls its driver is none, and one alone harms nobody.
  @Test(arguments: [
    ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"], ["PMI_RANK": "0", "PMI_SIZE": "2"],
    ["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"],
  ])
  func ranksRunNothingButMPI(environment: [String: String]) throws {
    func configuration(_ settings: [String: String]) throws -> ClusterConfiguration {
      try .fromEnvironment(environment.merging(settings) { $1 })
    }
    for transport in ["sockets", "in-process"] {
      #expect(throws: ExecutionError.self) { try configuration(["TESSERA_TRANSPORT": transport]) }
    }
    #expect(throws: ExecutionError.self) { try configuration(["TESSERA_LISTEN": "localhost:0"]) }
    #expect(try configuration(["TESSERA_CONNECT": "localhost:7000"]).transport == .sockets)
    let alone = environment.mapValues { $0 == "2" ? "1" : "0" }
    let settings = alone.merging(["TESSERA_TRANSPORT": "sockets"]) { $1 }
    #expect(try ClusterConfiguration.fromEnvironment(settings).transport == .sockets)
  }

  @Test func aBatchScriptIsNoRank() throws {
    let environment = ["SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "7"]
    #expect(ClusterConfiguration.launchedRank(environment) == nil)
    #expect(try ClusterConfiguration.fromEnvironment(environment).transport == .inProcess)
  }

  @Test func aClusterOfImpossibleSizeDoesNotStart() async {
    for workers in [0, -1, 1025] {
      await #expect(throws: ExecutionError.self) {
        try await Cluster.run(ClusterConfiguration(workers: workers), registry: .test) { _ in }
      }
    }
  }
}
