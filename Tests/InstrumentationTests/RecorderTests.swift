import Foundation
import TesseraInstrumentation
import Testing

@Suite struct RecorderTests {
  @Test func losesNoEventOfManyThreads() {
    let recorder = Recorder(workers: 3)
    let (threads, each) = (16, 2000)
    DispatchQueue.concurrentPerform(iterations: threads) { worker in
      for k in 0..<each {
        recorder.record(Event(.task, "work", worker: worker, start: k, duration: 1))
      }
    }
    let events = recorder.events()
    #expect(Set(events).count == threads * each)
    #expect(events.count == threads * each)
    #expect(zip(events, events.dropFirst()).allSatisfy { ($0.start, $0.worker) < ($1.start, $1.worker) })
    recorder.removeAll()
    #expect(recorder.events().isEmpty)
  }

  @Test func measuresABodyThatThrows() {
    struct Failure: Error {}
    let recorder = Recorder()
    #expect(throws: Failure.self) {
      try recorder.measure(.wait, "recv", worker: 2) { throw Failure() }
    }
    let events = recorder.events()
    #expect(events.map(\.name) == ["recv"])
    #expect(events.map(\.worker) == [2])
  }

  @Test func flopsAreThoseOfTheTasksThread() {
    let recorder = Recorder()
    recorder.measure(.step, "step", worker: 0) {
      FlopCount.add(5)
      DispatchQueue.concurrentPerform(iterations: 8) { k in
        recorder.measure(.task, "outer", worker: k) {
          FlopCount.add(1 << k)
          recorder.measure(.wait, "wait", worker: k) { FlopCount.add(1000) }
        }
      }
    }
    let events = recorder.events()
    #expect(events.filter { !$0.kind.isTask }.allSatisfy { $0.flops == 0 })
    #expect(events.filter { $0.kind.isTask }.allSatisfy { $0.flops == 1000 + 1 << $0.worker })
    #expect(SummaryTable(events).rows.map(\.flops) == [0, 8255, 0])
  }

  @Test func withoutARecorderOnlyTheBodyRuns() {
    let none: Recorder? = nil
    func name() -> String {
      Issue.record("a name was built for nobody")
      return ""
    }
    #expect(none.measure(.step, name(), worker: 0) { 42 } == 42)
  }

  @Test func nestedMeasurementsNest() {
    let recorder: Recorder? = Recorder()
    recorder.measure(.step, "outer", worker: 0) {
      recorder.measure(.task, "inner", worker: 0) {}
    }
    let events = recorder?.events() ?? []
    #expect(events.map(\.name) == ["outer", "inner"])
    #expect(events[0].start <= events[1].start && events[1].end <= events[0].end)
  }
}
