// The `tessera` program. The commands are a library, so that another binary can offer some of them too.

import ArgumentParser
import TesseraCommand

@main
enum Program {
  static func main() async { await TesseraCommand.main() }
}
