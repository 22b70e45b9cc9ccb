import Dispatch
import Synchronization
import Testing

@testable import TesseraInstrumentation

/// A terminal that remembers what was written, and a clock that moves when told.
private final class FakeTerminal: Sendable {
  private let text = Mutex("")
  private let time = Mutex(1_000)

  var written: String { text.withLock { $0 } }
  var now: @Sendable () -> Int { { self.time.withLock { $0 } } }

  func pass(seconds: Double) { time.withLock { $0 += Int(seconds * 1e9) } }

  func output(isTerminal: Bool = true, columns: Int = 100) -> ProgressOutput {
    ProgressOutput(
      isTerminal: isTerminal, columns: { columns }, write: { text in self.text.withLock { $0 += text } })
  }

  /// What stands on the line when everything written is carried out.
  var line: String {
    let last = written.split(separator: "\r", omittingEmptySubsequences: false).last ?? ""
    return String(last).replacing("\u{1B}[K", with: "")
  }
}

@Suite struct ProgressBarTests {
  private let terminal = FakeTerminal()

  @Test func aPipeStaysEmptyInAutoMode() {
    let bar = ProgressBar(
      label: "work", total: 10, unit: .tasks, output: terminal.output(isTerminal: false),
      now: terminal.now)
    for k in 1...10 {
      terminal.pass(seconds: 1)
      bar.advance(to: k)
    }
    bar.finish()
    #expect(terminal.written == "")
  }

  @Test(arguments: [ProgressBar.Mode.auto, .always, .never], [true, false])
  func modeDecidesWhetherItIsDrawn(mode: ProgressBar.Mode, isTerminal: Bool) {
    let bar = ProgressBar(
      label: "work", total: 10, unit: .tasks, mode: mode, output: terminal.output(isTerminal: isTerminal),
      now: terminal.now)
    terminal.pass(seconds: 1)
    bar.advance()
    #expect(terminal.written.isEmpty == (mode == .never || mode == .auto && !isTerminal))
  }

  @Test func showsShareRateAndTimeLeft() {
    let bar = ProgressBar(
      label: "reading A.mtx", total: 1_200_000_000, unit: .bytes, output: terminal.output(), now: terminal.now
    )
    terminal.pass(seconds: 4)
    bar.advance(to: 480_000_000)
    #expect(
      terminal.line
        == "reading A.mtx  ━━━━━━━━━━━━──────────────────   40 %  480 MB of 1.20 GB  120 MB/s  0:06 left")
  }

  @Test func withoutATotalShowsCountRateAndElapsedTime() {
    let bar = ProgressBar(
      label: "lanczos", total: nil, unit: .passes, output: terminal.output(), now: terminal.now)
    terminal.pass(seconds: 2)
    bar.advance(by: 30)
    #expect(terminal.line == "lanczos  ⠋  30 passes  15.0/s  0:02")
    terminal.pass(seconds: 1)
    bar.advance(by: 15)
    #expect(terminal.line == "lanczos  ⠙  45 passes  15.0/s  0:03")
  }

  @Test func erasesItselfOnce() {
    let bar = ProgressBar(label: "w", total: 2, unit: .rows, output: terminal.output(), now: terminal.now)
    terminal.pass(seconds: 1)
    bar.advance()
    bar.finish()
    #expect(terminal.line == "")
    let written = terminal.written
    bar.finish()
    terminal.pass(seconds: 1)
    bar.advance()
    #expect(terminal.written == written)
  }

  @Test func erasesItselfWhenForgotten() {
    do {
      let bar = ProgressBar(label: "w", total: 2, unit: .rows, output: terminal.output(), now: terminal.now)
      terminal.pass(seconds: 1)
      bar.advance()
    }
    #expect(terminal.written.hasSuffix("\r\u{1B}[K"))
  }

  @Test func aQuickStepShowsNothing() {
    let bar = ProgressBar(label: "w", total: 2, unit: .rows, output: terminal.output(), now: terminal.now)
    terminal.pass(seconds: 0.09)
    bar.advance(to: 2)
    bar.finish()
    #expect(terminal.written == "")
  }

  @Test func redrawsAtMostTenTimesASecond() {
    let bar = ProgressBar(label: "w", total: 1000, unit: .rows, output: terminal.output(), now: terminal.now)
    for _ in 0..<1000 {
      terminal.pass(seconds: 0.001)
      bar.advance()
    }
    let draws = terminal.written.count { $0 == "\r" }
    #expect((9...10).contains(draws))
  }

  @Test func manyThreadsAreCountedAndLinesStayWhole() {
    let output = terminal.output(columns: 60)
    let bar = ProgressBar(label: "w", total: 8000, unit: .tasks, output: output, now: terminal.now)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<1000 {
        terminal.pass(seconds: 0.01)
        bar.advance()
      }
    }
    terminal.pass(seconds: 1)
    bar.advance(by: 0)
    #expect(terminal.line.contains("100 %  8,000 of 8,000 tasks"))
    let lines = terminal.written.split(separator: "\r")
    #expect(lines.allSatisfy { $0.hasPrefix("w  ") && $0.hasSuffix("\u{1B}[K") && $0.count <= 62 })
  }

  @Test(arguments: 0...120) func neverExceedsTheWidth(columns: Int) {
    for total in [nil, 0, 7, Int.max] {
      let line = ProgressLine(
        label: "a label of some length", done: 7, total: total, unit: .bytes, elapsed: 1_000_000_000, frame: 3
      )
      #expect(line.text(columns: columns).count <= columns)
    }
  }
}
