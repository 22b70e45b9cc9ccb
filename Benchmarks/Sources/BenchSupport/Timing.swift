// How everything is timed: alternatives in turn, A B A B ..., after one round that does not count, so that a
// machine whose speed drifts treats all alike; what counts are medians and their ratios.

/// The middle one of an odd number of values; of an even number the upper of the two in the middle. NaN where one is
/// NaN: an alternative that fails once has failed.
public func median(_ values: [Double]) -> Double {
  guard !values.isEmpty, !values.contains(where: \.isNaN) else { return .nan }
  return values.sorted()[values.count / 2]
}

/// The seconds that `body` takes.
public func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start).inSeconds
}

/// The seconds that `body` takes.
public func seconds(
  _ body: () async throws -> Void, isolation: isolated (any Actor)? = #isolation
) async rethrows -> Double {
  let start = ContinuousClock.now
  try await body()
  return (ContinuousClock.now - start).inSeconds
}

/// The median seconds of `rounds` runs, after one that does not count.
public func medianSeconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  try medians(rounds, 1) { _ in try seconds(body) }[0]
}

/// The median seconds of `rounds` runs, after one that does not count.
public func medianSeconds(
  _ rounds: Int, _ body: () async throws -> Void, isolation: isolated (any Actor)? = #isolation
) async rethrows -> Double {
  var times: [Double] = []
  for _ in 0...rounds { times.append(try await seconds(body)) }
  return median(Array(times.dropFirst()))
}

/// The median seconds of ours and of a reference: `rounds` rounds in which each runs once, after one that does not
/// count.
public func inTurn(_ rounds: Int, _ ours: () throws -> Void, _ reference: () throws -> Void) rethrows
  -> [Double]
{
  try medians(rounds, 2) { $0 == 0 ? try seconds(ours) : try seconds(reference) }
}

/// The median of what each of `count` alternatives returns as its seconds, in turn as above. For those that time
/// themselves, other processes for example.
public func medians(_ rounds: Int, _ count: Int, _ run: (_ alternative: Int) throws -> Double) rethrows
  -> [Double]
{
  var times = [[Double]](repeating: [], count: count)
  for round in 0...rounds {
    for k in 0..<count {
      let time = try run(k)
      if round > 0 { times[k].append(time) }
    }
  }
  return times.map(median)
}

/// The same for alternatives that wait.
public func medians(
  _ rounds: Int, _ count: Int, _ run: (_ alternative: Int) async throws -> Double,
  isolation: isolated (any Actor)? = #isolation
) async rethrows -> [Double] {
  var times = [[Double]](repeating: [], count: count)
  for round in 0...rounds {
    for k in 0..<count {
      let time = try await run(k)
      if round > 0 { times[k].append(time) }
    }
  }
  return times.map(median)
}

extension Duration {
  /// As a number.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
