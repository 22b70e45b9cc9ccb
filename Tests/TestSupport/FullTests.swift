// Figures that take too long for `make test` are held by `make test-full`; of cases that are too many, `make test`
// draws some, others every day.

import Foundation

/// Whether every figure is to be held in full.
public let isFullTest = ProcessInfo.processInfo.environment["TESSERA_FULL_TESTS"] != nil

/// Which of the cases are drawn: the day, or `TESSERA_TEST_SEED`. A test that uses it prints it.
public let testSeed: Int =
  ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { Int($0) }
  ?? Int(Date().timeIntervalSince1970 / 86_400)
