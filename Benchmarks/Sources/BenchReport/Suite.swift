// What `make bench` runs, in this order: the limits first, then everything that stands beside them.

/// One program of the suite and how it is called.
struct Entry {
  let title: String
  let binary: String
  var arguments: [String] = []
  /// Minutes that it may take before it is ended.
  var minutes = 4.0
}

enum Suite: String, CaseIterable {
  /// Under ten minutes on two processors.
  case quick
  /// The sizes of the documentation.
  case full

  var entries: [Entry] {
    switch self {
    case .quick:
      [
        Entry(
          title: "What this machine reaches", binary: "bench-limits",
          arguments: ["--rounds", "3", "--order", "2048"]),
        Entry(
          title: "Local kernels", binary: "bench-kernels",
          arguments: ["--order", "500000", "--millions", "6", "--rounds", "3"]),
        Entry(title: "Messages", binary: "bench-collectives", arguments: ["--rounds", "5", "--ranks", "2"]),
        Entry(title: "Steps in both styles", binary: "bench-styles", arguments: ["limits", "--rounds", "3"]),
        Entry(
          title: "Products", binary: "bench-multiply",
          arguments: ["--order", "2048", "--sparse-order", "200000"]),
        Entry(title: "QR and statistics", binary: "bench-qr", arguments: ["--rows", "200000"]),
        Entry(title: "Solves", binary: "bench-solve", arguments: ["--order", "2048"]),
        Entry(title: "Singular values", binary: "bench-svd", arguments: ["table", "--row", "1"]),
        Entry(title: "Principal components", binary: "bench-pca"),
        Entry(
          title: "Scaling", binary: "bench-scaling",
          arguments: ["--order", "2048", "--rows", "400000", "--tall-rows", "100000"]),
        Entry(
          title: "Redistributions", binary: "bench-conversions",
          arguments: ["--entries", "2000000", "--order", "4000", "--rounds", "3"]),
        Entry(title: "Files", binary: "bench-files", arguments: ["--entries", "2000000", "--rounds", "3"]),
      ]
    case .full:
      Suite.quick.entries.map { Entry(title: $0.title, binary: $0.binary, minutes: 30) }
    }
  }
}
