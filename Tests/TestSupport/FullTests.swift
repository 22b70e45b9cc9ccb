// Figures that take too long for `make test` are held by `make test-full`.

import Foundation

/// Whether every figure is to be held in full.
public let isFullTest = ProcessInfo.processInfo.environment["TESSERA_FULL_TESTS"] != nil
