// A cluster's settings are read from a program's arguments as from its environment.

import TesseraExecution
import Testing

@Suite struct ClusterSettingTests {
  private func read(_ arguments: [String], _ environment: [String: String] = [:]) throws -> (
    ClusterConfiguration, rest: [String]
  ) {
    var rest = arguments
    let configuration = try ClusterConfiguration.fromArguments(&rest, environment: environment)
    return (configuration, rest)
  }

  @Test func everySettingIsAnOptionAndAVariable() throws {
    let values: [ClusterSetting: String] = [
      .workers: "3", .style: "dataflow", .transport: "sockets", .messageBytes: "4096",
      .connect: "there:2", .cluster: "blue", .secretFile: "s", .tls: "1", .joinSeconds: "7",
    ]
    var (arguments, environment) = ([String](), [String: String]())
    for (setting, value) in values {
      arguments += setting == .tls ? ["--tls"] : [setting.option, value]
      environment[setting.variable] = value
    }
    let (fromArguments, rest) = try read(arguments)
    #expect(rest.isEmpty)
    #expect(try fromArguments == ClusterConfiguration.fromEnvironment(environment))
    #expect(fromArguments.workers == 3 && fromArguments.style == .dataflow)
    #expect(fromArguments.sockets.joinSeconds == 7 && fromArguments.sockets.usesTLS)
    #expect(ClusterSetting.secretFile.variable == "TESSERA_SECRET_FILE")
  }

  @Test func argumentsOverrideTheEnvironmentAndTheRestIsLeft() throws {
    let (configuration, rest) = try read(
      ["A.mtx", "--workers=5", "-k", "3", "--", "--workers", "9"],
      ["TESSERA_WORKERS": "2", "TESSERA_STYLE": "dataflow"])
    #expect(configuration.workers == 5 && configuration.style == .dataflow)
    #expect(rest == ["A.mtx", "-k", "3", "--", "--workers", "9"])
  }

  @Test func anAddressMeansSocketsUnlessATransportIsGivenToo() throws {
    let given = ["--listen", "here:1", "--workers", "2"]
    #expect(try read(given, ["TESSERA_TRANSPORT": "in-process"]).0.transport == .sockets)
    #expect(throws: ExecutionError.self) { try read(given + ["--transport", "in-process"]) }
  }

  /// By the name that a person has given it by.
  @Test func anErrorNamesWhereItsValueComesFrom() {
    func message(_ arguments: [String], _ environment: [String: String] = [:]) -> String {
      let error = #expect(throws: ExecutionError.self) { try read(arguments, environment) }
      return error.map { "\($0)" } ?? ""
    }
    #expect(message(["--memory", "5X"]).hasPrefix("--memory is '5X'"))
    #expect(message([], ["TESSERA_MEMORY": "5X"]).hasPrefix("TESSERA_MEMORY is '5X'"))
    #expect(message(["--memory", "5X"], ["TESSERA_MEMORY": "1M"]).hasPrefix("--memory is '5X'"))
    #expect(message(["--tls=2"]).hasPrefix("--tls is '2'"))
    let launched = ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"]
    #expect(message(["--transport", "sockets"], launched).hasSuffix("mpirun or srun, or --transport"))
    let environment = launched.merging(["TESSERA_TRANSPORT": "sockets"]) { $1 }
    #expect(message([], environment).hasSuffix("mpirun or srun, or TESSERA_TRANSPORT"))
  }

  @Test(arguments: [
    ["--workers"], ["--workers", "x"], ["--workers", "0"], ["--style", "neither"], ["--tls=2"],
    ["--transport", "mpi", "--workers", "3"], ["--listen", "here:1"], ["--secret-file", "x"],
    ["--join-seconds", "3"],
  ])
  func whatNoSettingMayBeIsRefused(arguments: [String]) {
    #expect(throws: ExecutionError.self) { try read(arguments) }
  }
}
