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
    /// Makes the operation of a collection in dataflow.
    let operation: @Sendable (Definition) throws(CommunicationError) -> Operation

    private init(
      _ name: String, _ type: Any.Type, _ verbs: [Step.Verb], _ tileTypes: [Entry] = [],
      serve: @escaping @Sendable (Worker, Announcement) throws(CommunicationError) -> Void,
      operation: @escaping @Sendable (Definition) throws(CommunicationError) -> Operation
    ) {
      self.name = name
      self.type = ObjectIdentifier(type)
      self.verbs = verbs
      self.tileTypes = tileTypes
      self.serve = serve
      self.operation = operation
    }

    /// A tile type, for collections that are placed, moved, kept and collected.
    public static func tile<Element: Tile>(_ type: Element.Type) -> Entry {
      Entry(type.typeName, type, [.place, .move, .collect]) {
        (worker, announced) throws(CommunicationError) in
        switch announced.step.verb {
        case .place: try worker.place(nil as [Element]?, announced.step)
        case .move: try worker.move(type, announced.step)
        default: _ = try worker.collect(type, announced.step)
        }
      } operation: { (definition) throws(CommunicationError) in
        definition.role == .place ? Operation(placing: type) : Operation(moving: type)
      }
    }

    /// A source task and the type of the tiles it makes.
    public static func source<Task: SourceTask>(_ task: Task.Type) -> Entry {
      Entry(task.name, task, [.read], [.tile(Task.Output.self)]) {
        (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.read(task, arguments, announced.step)
      } operation: { (definition) throws(CommunicationError) in
        Operation(task, try definition.arguments.value(as: Task.Arguments.self))
      }
    }

    /// A map task and the type of the tiles it makes.
    public static func map<Task: MapTask>(_ task: Task.Type) -> Entry {
      Entry(task.name, task, [.map], [.tile(Task.Output.self)]) {
        (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.map(task, arguments, announced.step)
      } operation: { (definition) throws(CommunicationError) in
        Operation(task, try definition.arguments.value(as: Task.Arguments.self))
      }
    }

    /// A task that writes tiles into files.
    public static func write<Task: WriteTask>(_ task: Task.Type) -> Entry { .map(FileWriting<Task>.self) }

    /// A reduce task.
    public static func reduce<Task: ReduceTask>(_ task: Task.Type) -> Entry {
      Entry(task.name, task, [.reduce]) { (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.reduce(task, arguments, announced.step)
      } operation: { (definition) throws(CommunicationError) in
        guard let ownership = definition.ownership else { throw .malformed(expected: "tiles to reduce") }
        let steps = ReductionStep.steps(over: ownership, span: definition.span)
        return Operation(task, try definition.arguments.value(as: Task.Arguments.self), steps)
      }
    }

    /// An exchange task and the type of the tiles it makes.
    public static func exchange<Task: ExchangeTask>(_ task: Task.Type) -> Entry {
      Entry(task.name, task, [.exchange], [.tile(Task.Output.self)]) {
        (worker, announced) throws(CommunicationError) in
        let arguments = try announced.arguments(as: Task.Arguments.self)
        _ = try worker.exchange(task, arguments, announced.step)
      } operation: { (definition) throws(CommunicationError) in
        let arguments = try definition.arguments.value(as: Task.Arguments.self)
        return definition.role == .split
          ? Operation(splitting: task, arguments, targets: definition.targetCount)
          : Operation(merging: task, arguments)
      }
    }
  }
}
