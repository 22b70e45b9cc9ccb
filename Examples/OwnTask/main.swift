import Tessera

/// How many elements are larger than a bound.
enum CountTask: ReduceTask {
  static func run(_ bound: Double, _ slab: LocalMatrix<Double>, tile: Int) throws -> Int {
    try slab.dense().elements(in: .rowMajor).count { $0 > bound }
  }
  static func combine(_ left: inout Int, _ right: Int, _ bound: Double) { left += right }
}

var configuration = try ClusterConfiguration.fromEnvironment()
for style in ExecutionStyle.allCases {
  configuration.style = style
  try await Cluster.run(configuration, tasks: [.reduce(CountTask.self)]) { cluster in
    let a = try await RowMatrix<Double>.read("Data/digits/digits.mtx.gz", on: cluster)
    let count = try await cluster.engine.reduce(CountTask.self, 12, over: a.tiles)
    print("\(style.rawValue): \(count) of \(a.rows * a.columns)")
  }
}
