// Why a connection at a door is refused: in words, which may hold numbers and names that the peer has sent,
// and as one of a few kinds, which the peer has no say in.

/// A refused connection.
struct Refusal {
  enum Kind: Hashable {
    case noTLS, notTessera, otherVersions, reflection, wrongProof, otherCluster, otherProgram, notExpected
    /// Nothing of use has come in time.
    case silent
    case tooMany
    /// Was admitted, and has left.
    case left
    /// Has the rank of another.
    case second
  }

  let kind: Kind
  let reason: String
}

extension Refusal {
  init(_ refusal: HandshakeRefusal) {
    let kind: Kind =
      switch refusal {
      case .notTessera: .notTessera
      case .otherVersions: .otherVersions
      case .reflection: .reflection
      case .wrongProof: .wrongProof
      case .otherCluster: .otherCluster
      case .otherProgram: .otherProgram
      case .notExpected: .notExpected
      }
    self.init(kind: kind, reason: refusal.description)
  }
}
