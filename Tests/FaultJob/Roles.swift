// Jobs that lose their workers by their own hand.

import Foundation
import Synchronization
import Tessera
import TesseraTestSupport

/// The first of this process's workers that lives, if any: they are its children.
func livingChildren() -> [Int32] { Processes.children(of: getpid()).sorted() }

/// Kills one of this process's workers in `delay` seconds, on a thread of its own; `signal` is SIGKILL mostly.
func strike(
  _ generator: inout SeededGenerator, within longest: Double, _ done: @escaping @Sendable (Int32) -> Void
) {
  let delay = Double(generator.next() >> 11) * 0x1p-53 * longest
  let choice = generator.next()
  // Those of this job: the moment may come when the next has begun.
  let children = livingChildren()
  Thread.detachNewThread {
    Thread.sleep(forTimeInterval: delay)
    guard !children.isEmpty else { return done(0) }
    let victim = children[Int(choice % UInt64(children.count))]
    guard livingChildren().contains(victim) else { return done(0) }
    kill(victim, SIGKILL)
    done(victim)
  }
}

/// The same jobs again and again, each with a worker killed at a moment of its own.
func killAtRandom(count: Int, seed: Int) async throws {
  var generator = SeededGenerator(seed: seed)
  // How long the jobs take without an accident is how late accidents may come.
  let clock = ContinuousClock()
  var results: Set<String> = []
  var longest = 0.0
  // The second time, when what is made once and kept has been made.
  for _ in 0..<2 {
    longest = try await onCluster { cluster in
      let start = clock.now
      results.insert(try await everything(cluster))
      return (clock.now - start) / .seconds(1)
    }
  }
  let killed = Mutex(0)
  for _ in 0..<count {
    let result = try await onCluster { cluster in
      strike(&generator, within: longest) { victim in if victim != 0 { killed.withLock { $0 += 1 } } }
      return try await everything(cluster)
    }
    results.insert(result)
  }
  for result in results { tell("result \(result)") }
  tell("killed \(killed.withLock { $0 })")
}

/// Kills the workers one after the other, with a pipeline in between, over a collection that lies on them.
func loseOneByOne() async throws {
  try await onCluster { cluster in
    let tiles = try await cluster.engine.place(grid(12))
    var results: Set<String> = []
    var behaviour = Behaviour()
    // Large enough to be passed on from worker to worker.
    behaviour.ballast = 20_000
    let expected = grid(12)
    while true {
      results.insert(name(try await pipeline(cluster, behaviour)))
      guard try await cluster.engine.collect(tiles) == expected else { return say("error other tiles") }
      guard let victim = livingChildren().first else { break }
      kill(victim, SIGKILL)
      while Processes.isRunning(victim) { try await Task.sleep(for: .milliseconds(1)) }
    }
    for result in results { tell("result \(result)") }
    tell("left \(livingChildren().count)")
  }
}

/// Lanczos, whose seventh pass finds a worker gone, and each other pass after it another one, `count` in all.
func loseFromTheSeventhPassOn(count: Int) async throws {
  try await onCluster { cluster in
    let matrices = try await Matrices(cluster)
    let svd = try await matrices.sparse.svd(count: 4, method: .lanczos) { passes in
      guard passes >= 7, passes % 2 == 1, (passes - 7) / 2 < count else { return }
      if let victim = livingChildren().first { kill(victim, SIGKILL) }
    }
    var fingerprint = Fingerprint()
    fingerprint.add(svd.singularValues)
    fingerprint.add(svd.right)
    tell("result \(name(fingerprint.bits))")
    tell("passes \(svd.passes)")
    tell("left \(livingChildren().count)")
  }
}

/// Products of matrices cut into blocks, each with its exchanges, as long as `milliseconds` tell and no less than
/// three, whatever becomes of the workers meanwhile.
func multiplyAgainAndAgain(milliseconds: Int) async throws {
  try await onCluster { cluster in
    var generator = SeededGenerator(seed: 11)
    let a: DenseMatrix<Double> = generator.dense(120, 90)
    let b: DenseMatrix<Double> = generator.dense(90, 70)
    let left = try await BlockMatrix(.dense(a), blockSize: 20, on: cluster)
    let right = try await BlockMatrix(.dense(b), blockSize: 20, on: cluster)
    tell("ready \(getpid())")
    let end = nanoseconds() + milliseconds * 1_000_000
    var results: Set<String> = []
    var count = 0
    while count < 3 || nanoseconds() < end {
      var fingerprint = Fingerprint()
      let product = try await left * right
      fingerprint.add(try await product.rowMatrix(partitions: 5).collect().dense())
      results.insert(name(fingerprint.bits))
      count += 1
      say("multiplied \(count)")
    }
    for result in results { tell("result \(result)") }
  }
}

/// The memory that this process has now.
func kilobytes() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
  return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
}

/// Clusters that come and go, and what is left of them.
func startAndStop(count: Int) async throws {
  func cycle() async throws {
    try await onCluster { _ = try await work($0, tiles: 3, Behaviour()) }
  }
  func resources() -> (descriptors: Int, threads: Int, kilobytes: Int) {
    // Threads that have done their work are a moment in ending.
    usleep(300_000)
    func entries(_ folder: String) -> Int {
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/" + folder).count) ?? 0
    }
    return (entries("fd"), entries("task"), kilobytes())
  }
  // What is made once and kept is made by then.
  let warm = min(count / 4, 50)
  for _ in 0..<warm { try await cycle() }
  let before = resources()
  for _ in warm..<count { try await cycle() }
  let after = resources()
  tell("descriptors \(before.descriptors) \(after.descriptors)")
  tell("threads \(before.threads) \(after.threads)")
  tell("kilobytes \(before.kilobytes) \(after.kilobytes)")
  tell("children \(livingChildren().count)")
}

/// Mixed jobs, each with a fault now and then, until the time is over.
func soak(seconds: Int, seed: Int) async throws {
  var generator = SeededGenerator(seed: seed)
  let clock = ContinuousClock()
  let start = clock.now
  let end = start + .seconds(seconds)
  let killed = Mutex(0)
  var jobs = 0
  let (expected, usual) = try await onCluster { cluster in
    let began = clock.now
    return (try await everything(cluster), (clock.now - began) / .seconds(1))
  }
  // Workers, which run this program too, do not come here.
  say("soak of \(seconds) s, seed \(seed)")
  var longest = 0.0
  var settled = 0
  while clock.now < end {
    let began = clock.now
    let result = try await onCluster { cluster in
      strike(&generator, within: usual) { victim in if victim != 0 { killed.withLock { $0 += 1 } } }
      return try await everything(cluster)
    }
    guard result == expected else {
      say("error job \(jobs) of seed \(seed): \(result), not \(expected)")
      exit(1)
    }
    jobs += 1
    longest = max(longest, (clock.now - began) / .seconds(1))
    if jobs == 100 { settled = kilobytes() }
    if jobs % 20 == 0 {
      say("\(jobs) jobs, \(killed.withLock { $0 }) workers killed, the longest job \(longest) s")
    }
  }
  // What is made once and kept is made in the first hundred.
  if jobs >= 200 {
    let leak = Double(kilobytes() - settled) / Double(jobs - 100) * 100
    tell("kilobytes-per-hundred \(leak)")
    guard leak < 1024 else {
      say("error seed \(seed): \(leak) KB are lost in a hundred jobs")
      exit(1)
    }
  }
  tell("seed \(seed)")
  tell("jobs \(jobs)")
  tell("killed \(killed.withLock { $0 })")
  tell("longest \(longest)")
}
