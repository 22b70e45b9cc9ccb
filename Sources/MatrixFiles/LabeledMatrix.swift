// A matrix with what learning files keep beside each row.

public import TesseraLocalMatrices

/// The rows of a learning file: features, labels, and the group that each row is ranked in.
public struct LabeledMatrix<S: Scalar>: Sendable {
  /// The features, one row for each example.
  public var features: TripletMatrix<S>
  /// The label of each row.
  public var labels: [S.Real]
  /// The `qid` of each row, or nothing when the file has none.
  public var queries: [Int]
  /// The whole numbers among the features that were rounded when they were read.
  public internal(set) var roundedIntegers = RoundedIntegers()

  /// Features with their labels, and `queries` or none.
  ///
  /// - Precondition: a label for every row, and a query for every row or for none.
  public init(features: TripletMatrix<S>, labels: [S.Real], queries: [Int] = []) {
    precondition(labels.count == features.rows && (queries.isEmpty || queries.count == features.rows))
    self.features = features
    self.labels = labels
    self.queries = queries
  }
}
