// The `tessera` program. The commands are a library, so that another binary can offer some of them too.

import ArgumentParser
import Dispatch
import Foundation
import TesseraCommand

@main
enum Program {
  /// Not asynchronous itself: that would need a thread before anybody has looked whether there can be one.
  static func main() {
    AddressLimit.heed()
    Task {
      await TesseraCommand.main()
      exit(0)
    }
    dispatchMain()
  }
}
