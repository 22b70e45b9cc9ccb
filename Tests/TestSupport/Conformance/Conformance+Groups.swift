// Groups made of groups: who is in them, in which order, and that their messages stay inside.

import TesseraCommunication

extension Conformance {
  func groups() throws {
    try evenAndOdd()
    try nested()
    try concurrent()
    // Nobody's color is no group at all.
    expect(try end.split(color: nil) == nil, "a group of nobody")
    let alone = try end.split(color: rank)
    expect(alone?.size == 1 && alone?.rank == 0, "a group of one")
    expect(try alone?.allReduce(rank) { $0 + $1 } == rank, "an all-reduce of one")
  }

  /// Two halves in reversed order; the last of three and more ranks is in none.
  private func evenAndOdd() throws {
    let outsider = size > 2 ? size - 1 : size
    let part = try end.split(color: rank == outsider ? nil : rank % 2, key: -rank)
    guard let part else { return expect(rank == outsider, "rank \(rank) has no group") }
    let members = (0..<size).filter { $0 != outsider && $0 % 2 == rank % 2 }.sorted(by: >)
    expect(part.size == members.count, "a group of \(part.size) instead of \(members.count)")
    expect(members[part.rank] == rank, "rank \(rank) is rank \(part.rank) of its group")
    expect(try part.allGather(rank) == members, "the members of a group")
    var numbers = [Double(rank), 1]
    try part.allReduce(numbers: &numbers, .sum)
    expect(
      numbers == [Double(members.reduce(0, +)), Double(members.count)], "an all-reduce of a group")
    var many: [Double] = vector(30_000, by: part.rank == 0 ? 3 : 4)
    try part.broadcast(numbers: &many)
    expect(many == vector(30_000, by: 3), "a long broadcast of a group")
    // Anybody's message, with the sender's rank in the group.
    if part.rank > 0 {
      try part.send(rank, to: 0, tag: Tag(30))
    } else {
      for _ in 1..<max(part.size, 1) {
        let message = try part.receive(Int.self, from: .any, tag: Tag(30))
        expect(members[message.source] == message.value, "the sender of anybody's message in a group")
      }
    }
    do {
      try part.send(1, to: part.size, tag: Tag(30))
      expect(false, "a rank beyond the group is not refused")
    } catch {
      expect(error == .noSuchRank(rank: part.size, size: part.size), "a rank beyond the group: \(error)")
    }
  }

  /// Halves of halves, down to one.
  private func nested() throws {
    var group = end
    var members = Array(0..<size)
    while group.size > 1 {
      let half = (group.size + 1) / 2
      let upper = group.rank >= half
      guard let part = try group.split(color: upper ? 1 : 0, key: 0) else {
        return expect(false, "half a group is none")
      }
      members = Array(upper ? members[half...] : members[..<half])
      group = part
      expect(try group.allGather(rank) == members, "the members of a part of a part")
      expect(
        try group.reduce(rank, tag: .status) { $0 + $1 }
          == (group.rank == 0 ? members.reduce(0, +) : nil),
        "a reduction of a part of a part")
    }
    expect(group.rank == 0 && members == [rank], "the last part of a part")
  }

  /// The same tag in a group, in a part of it and in another part with the same workers: none takes another's.
  private func concurrent() throws {
    guard let first = try end.split(color: 0, key: rank), let second = try end.split(color: 0, key: -rank)
    else { return expect(false, "a group of all is none") }
    let sent = [
      try end.postSend("whole", to: next, tag: Tag(31)),
      try first.postSend("first", to: next, tag: Tag(31)),
      try second.postSend("second", to: size - 1 - next, tag: Tag(31)),
    ]
    expect(
      try second.receive(String.self, from: size - 1 - previous, tag: Tag(31)) == "second",
      "a message of the second part")
    expect(try end.receive(String.self, from: .any, tag: Tag(31)).value == "whole", "a message of the whole")
    expect(
      try first.receive(String.self, from: .any, tag: Tag(31)).value == "first", "a message of the first")
    for posted in sent { try posted.wait() }
  }
}
