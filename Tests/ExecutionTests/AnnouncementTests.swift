// A step and its arguments in one message, which a worker can pass on without knowing their type.

import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraExecution

@Suite struct AnnouncementTests {
  private var sample: Announcement {
    var step = Step(.reduce, "test/sum")
    step.inputs = [3, 4]
    step.inputTiles = 7
    step.released = [1]
    return Announcement(step, Numbers([1, 2, 3]))
  }

  @Test func whoPassesItOnChangesNothing() throws {
    let bytes = encoded(sample)
    let received = try decoded(Announcement.self, bytes)
    #expect(encoded(received) == bytes)
    #expect(WireSize(of: received) == WireSize(of: sample) && WireSize(of: received).words == 3)
    let again = try decoded(Announcement.self, encoded(received))
    for announcement in [sample, received, again] {
      #expect(try announcement.arguments(as: Numbers.self) == Numbers([1, 2, 3]))
      #expect(announcement.step.inputs == [3, 4] && announcement.step.title == "reduce test/sum")
      #expect(throws: CommunicationError.self) { try announcement.arguments(as: Int.self) }
    }
  }

  @Test func withoutArgumentsItIsAStep() throws {
    let received = try decoded(Announcement.self, encoded(Announcement(Step(.stop))))
    #expect(received.step.verb == .stop)
    #expect(try received.arguments(as: Empty.self) == Empty())
  }

  @Test func mutationsAreReadOrRefused() {
    var generator = SeededGenerator(seed: 5)
    let sound = encoded(sample)
    for _ in 0..<20_000 {
      var bytes = sound
      bytes.mutate(using: &generator)
      if let read = try? decoded(Announcement.self, bytes) {
        #expect(encoded(read) == bytes)
        _ = try? read.arguments(as: Numbers.self)
      }
    }
  }

  @Test(arguments: [(-1, 0), (0, -1), (1, 0), (2, 1), (0, 1), (.max, .max), (.min, .min)])
  func countsBeyondTheMessageAreRefused(words: Int, payloadBytes: Int) {
    let step = encoded(Step(.stop))
    #expect(throws: CommunicationError.self) {
      try decoded(Announcement.self, step + encoded(words) + encoded(payloadBytes))
    }
  }
}
