// A program as an MPI job: rank 0 runs it, every other rank serves and then ends its process.

#if MPI
  import Foundation
  import TesseraCommunicationMPI
#endif

extension Cluster {
  /// Runs `program` on rank 0 of the MPI job that this process is part of.
  ///
  /// - Throws: `ExecutionError.communication` when MPI cannot be started or has been before, or the build is
  ///   without the package trait `MPI`, and whatever `program` throws.
  static func runUnderMPI<Result: Sendable>(
    _ configuration: ClusterConfiguration, registry: TaskRegistry, recorder: Recorder?,
    _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    #if MPI
      let world: MPICommunicator
      do throws(CommunicationError) {
        // MPI wants to be ended by the thread that has started it: here, the main thread.
        world = try await MPICommunicator.start(pieceBytes: configuration.messageBytes)
      } catch {
        throw ExecutionError.communication(error)
      }
      if world.rank != 0 {
        await serve(world, registry: registry)
        try await world.finish()
        exit(0)
      }
      var configuration = configuration
      configuration.workers = world.size
      if configuration.style == .dataflow {
        noteForAPerson("over MPI dataflow recovers nothing: a lost worker ends the job")
      }
      let outcome: Swift.Result<Result, any Error>
      do {
        outcome = .success(
          try await run(
            configuration, over: [world], registry: registry, recorder: recorder,
            membership: .fixed(tell: noteForAPerson), program))
      } catch {
        outcome = .failure(error)
      }
      try await world.finish()
      return try outcome.get()
    #else
      throw ExecutionError.communication(
        .refused(
          reason: "this build has no MPI; build with the package trait MPI, which is on by default"))
    #endif
  }
}
