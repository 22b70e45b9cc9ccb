// Which MPI this build has been linked to.

#if MPI
  import CMPI

  /// The MPI library of this process.
  public enum MPIVersion {
    /// Its name and version in one line, such as "Open MPI v4.1.4". May be asked before MPI is started.
    public static var library: String {
      var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
      var length: Int32 = 0
      guard MPI_Get_library_version(&text, &length) == MPI_SUCCESS else { return "MPI" }
      let bytes = text.prefix(Int(length)).prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      // Open MPI adds where and when it was built.
      return String(String(decoding: bytes, as: UTF8.self).prefix { $0 != "," && $0 != "\n" })
    }
  }
#endif
