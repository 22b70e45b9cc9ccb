// Whether a path of an output is standard output: then what is printed beside it would stand among the data.

import Foundation
import Tessera
import TesseraInstrumentation

enum StandardOutput {
  /// Whether what is written to `path` goes where results are printed, whatever the path: `-`, `/dev/stdout`,
  /// `/dev/fd/1`, another descriptor of the same file, the terminal.
  static func isNamed(_ path: String) -> Bool {
    if path == "-" { return true }
    var (named, standard) = (stat(), stat())
    // A regular file under its own name is replaced, and what standard output has open is another one then.
    guard isDevice(path), stat(path, &named) == 0, fstat(STDOUT_FILENO, &standard) == 0,
      // Nothing is read of /dev/null.
      named.st_mode & S_IFMT != S_IFCHR || isatty(STDOUT_FILENO) == 1
    else { return false }
    return named.st_dev == standard.st_dev && named.st_ino == standard.st_ino
  }

  /// A path at which everybody finds what `path` names, also `-`.
  static func opened(_ path: String) -> String { path == "-" ? "/dev/stdout" : path }

  /// Whether `path` is what cannot be replaced by a new file: a device, a pipe, or what the process has open.
  static func isDevice(_ path: String) -> Bool {
    var status = stat()
    return path == "-" || openDescriptor(named: path) != nil
      || stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }
}
