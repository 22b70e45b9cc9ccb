// What is true of a scheduler between any two events. Tests ask after every event.

extension Scheduler {
  /// What does not hold, in words; empty when all is well.
  func violations() -> [String] {
    var found: [String] = []
    func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
      if !holds { found.append(what()) }
    }
    for (number, collection) in collections {
      expect(
        collection.available == collection.blocks.count(where: \.isAvailable),
        "collection \(number) counts \(collection.available) available blocks")
      expect(
        collection.outstanding == collection.blocks.count { $0.isPending || !$0.attempts.isEmpty },
        "collection \(number) counts \(collection.outstanding) outstanding blocks")
      expect(
        collection.recipe.sources.allSatisfy { collections[$0] != nil },
        "collection \(number) has lost its lineage")
      for (index, block) in collection.blocks.enumerated() {
        let name = "block \(number).\(index)"
        expect(
          !(block.isPending && (block.isAvailable || !block.attempts.isEmpty)), "\(name) is pending and more")
        expect(
          Set(block.attempts.map(\.worker)).count == block.attempts.count, "\(name) runs twice on a worker")
        for holder in block.holders {
          expect(workers[holder]?.isAlive == true, "\(name) is held by the lost worker \(holder)")
        }
        for attempt in block.attempts {
          let entry = Entry(block: BlockID(number, index), attempt: attempt.number)
          expect(
            workers[attempt.worker]?.queue.contains(entry) == true, "\(name) runs nowhere")
        }
      }
    }
    for (number, worker) in workers {
      expect(worker.isAlive || worker.queue.isEmpty, "the lost worker \(number) has a queue")
      for entry in worker.queue {
        expect(
          self[entry.block].attempts.contains { $0.worker == number && $0.number == entry.attempt },
          "worker \(number) makes \(entry.block) for nobody")
      }
    }
    let isAnyoneBusy = workers.values.contains { !$0.queue.isEmpty }
    for (number, job) in jobs where !job.isReady {
      expect(isAnyoneBusy || !fetching.isEmpty || isCalling, "job \(number) waits for nothing")
    }
    return found
  }
}
