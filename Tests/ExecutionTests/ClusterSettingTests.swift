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
    #expect(try read(["--listen", "here:1"], ["TESSERA_TRANSPORT": "in-process"]).0.transport == .sockets)
    #expect(throws: ExecutionError.self) {
      try read(["--listen", "here:1", "--transport", "in-process"])
    }
  }

  @Test(arguments: [
    ["--workers"], ["--workers", "x"], ["--workers", "0"], ["--style", "neither"], ["--tls=2"],
    ["--transport", "mpi", "--workers", "3"],
  ])
  func whatNoSettingMayBeIsRefused(arguments: [String]) {
    #expect(throws: ExecutionError.self) { try read(arguments) }
  }
}
