// The paths by which the system calls what a process has open: /dev/stdout, /dev/fd/3. What is behind one may be a
// regular file that the shell has open to be appended to: whoever writes there writes on, and must not replace it.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The number of the open file that `path` stands for; nil for every other path.
package func openDescriptor(named path: String) -> Int32? {
  switch path {
  case "/dev/stdin": return STDIN_FILENO
  case "/dev/stdout": return STDOUT_FILENO
  case "/dev/stderr": return STDERR_FILENO
  default:
    guard let folder = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix) else { return nil }
    return Int32(path.dropFirst(folder.count))
  }
}
