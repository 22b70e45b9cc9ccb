// The real files that some tests read, where they are present: beside the package, or where TESSERA_DATA
// says.

import Foundation

/// The folder of the reference data.
public enum ReferenceData {
  /// Its path, or nil, with a word about it, where it is absent.
  public static let folder: String? = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let folder = ProcessInfo.processInfo.environment["TESSERA_DATA"] ?? package + "/../shared/data"
    if FileManager.default.fileExists(atPath: folder + "/README.md") { return folder }
    print("skipped: no reference data beside the package, and TESSERA_DATA is not set")
    return nil
  }()
}
