// The tasks and tile types that a program can name over the wire: a value built at start, equal in every
// process of a job. Nothing outside it can be named.

import TesseraCommunication

/// The named tasks and tile types of a program.
public struct TaskRegistry: Sendable {
  private(set) var entries: [String: Entry]

  /// A registry of the given entries.
  ///
  /// - Precondition: no name stands for two different things.
  public init(_ entries: [Entry] = []) {
    self.entries = [:]
    for entry in entries { insert(entry) }
  }

  /// This registry and more entries.
  ///
  /// - Precondition: no name stands for two different things.
  public func adding(_ entries: [Entry]) -> TaskRegistry {
    var result = self
    for entry in entries { result.insert(entry) }
    return result
  }

  /// The names, sorted.
  public var names: [String] { entries.keys.sorted() }

  /// What two programs must have in common to be workers of one job: the names and the wire format's version.
  public var contract: [String] { names + ["wire format \(WireWriter.version)"] }

  private mutating func insert(_ entry: Entry) {
    for item in [entry] + entry.tileTypes {
      if let present = entries[item.name] {
        precondition(present.type == item.type, "two tasks are named '\(item.name)'")
      }
      entries[item.name] = item
    }
  }

  /// One named task or tile type, and how a worker takes part in a step of it.
  public struct Entry: Sendable {
    let name: String
    let type: ObjectIdentifier
    let verbs: [Step.Verb]
    let tileTypes: [Entry]
    let serve: @Sendable (Worker, Announcement) throws(CommunicationError) -> Void
    /// For a tile type: receives a tile that is placed.
    var receiveTile: (@Sendable (any Communicator, Int) throws(CommunicationError) -> any WireCodable)?
    /// For a task: receives its arguments and makes the operation of a collection in dataflow.
    var operation: (@Sendable (DataflowWorker, Definition, Int) throws(CommunicationError) -> Operation)?

    /// A tile type, for collections that are placed, moved and collected.
    public static func tile<Element: Tile>(_ type: Element.Type) -> Entry {
      var entry = Entry(
        name: type.typeName, type: ObjectIdentifier(type), verbs: [.place, .move, .collect], tileTypes: []
      ) { (worker, announced) throws(CommunicationError) in
        switch announced.step.verb {
        case .place: try worker.place(nil as [Element]?, announced.step)
        case .move: try worker.move(type, announced.step)
        default: _ = try worker.collect(type, announced.step)
        }
      }
      entry.operation = { (worker, definition, sender) throws(CommunicationError) in
        _ = try worker.receiveArguments(Empty.self, definition, from: sender)
        return Operation(moving: type)
      }
      entry.receiveTile = { (communicator, sender) throws(CommunicationError) in
        try communicator.receive(type, from: sender, tag: .placement)
      }
      return entry
    }

    /// A map task and the type of the tiles it makes.
    public static func map<Task: MapTask>(_ task: Task.Type) -> Entry {
      var entry = Entry(
        name: task.name, type: ObjectIdentifier(task), verbs: [.map], tileTypes: [.tile(Task.Output.self)]
      ) { (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.map(task, arguments, announced.step)
      }
      entry.operation = { (worker, definition, sender) throws(CommunicationError) in
        Operation(task, try worker.receiveArguments(Task.Arguments.self, definition, from: sender))
      }
      return entry
    }

    /// A reduce task.
    public static func reduce<Task: ReduceTask>(_ task: Task.Type) -> Entry {
      var entry = Entry(name: task.name, type: ObjectIdentifier(task), verbs: [.reduce], tileTypes: []) {
        (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.reduce(task, arguments, announced.step)
      }
      entry.operation = { (worker, definition, sender) throws(CommunicationError) in
        guard definition.tileCount > 0 else { throw .malformed(expected: "tiles to reduce") }
        let steps = ReductionStep.steps(tileCount: definition.tileCount, span: definition.span)
        return Operation(
          task, try worker.receiveArguments(Task.Arguments.self, definition, from: sender), steps)
      }
      return entry
    }

    /// An exchange task and the type of the tiles it makes.
    public static func exchange<Task: ExchangeTask>(_ task: Task.Type) -> Entry {
      var entry = Entry(
        name: task.name, type: ObjectIdentifier(task), verbs: [.exchange],
        tileTypes: [.tile(Task.Output.self)]
      ) { (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.exchange(task, arguments, announced.step)
      }
      entry.operation = { (worker, definition, sender) throws(CommunicationError) in
        let arguments = try worker.receiveArguments(Task.Arguments.self, definition, from: sender)
        return definition.role == .split
          ? Operation(splitting: task, arguments, targets: definition.targetCount)
          : Operation(merging: task, arguments)
      }
      return entry
    }
  }
}
