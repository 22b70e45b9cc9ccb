// Every task and tile type of the distributed matrices, for every scalar.

public import TesseraExecution
import TesseraLocalMatrices
import Numerics

extension TaskRegistry {
  /// The tasks that the distributed matrices are made of.
  public static let distributedMatrices = TaskRegistry(
    entries(Float.self) + entries(Double.self) + entries(Complex<Float>.self)
      + entries(Complex<Double>.self))

  private static func entries<S: Scalar>(_ type: S.Type) -> [Entry] {
    slabEntries(LocalMatrix<S>.self) + slabEntries(PreparedSlab<S>.self) + [
      .tile(LocalMatrix<S>.self), .tile(VectorTile<S>.self), .tile(TripletMatrix<S>.self),
      .map(ScalingTask<S>.self), .exchange(SlabJoiningTask<S>.self), .reduce(GramMatrixTask<S>.self),
      .tile(PreparedSlab<S>.self),
      .map(PreparationTask<S>.self), .map(PreparedGenerationTask<S>.self),
      .map(PreparedScalingTask<S>.self), .map(RestorationTask<S>.self),
      .reduce(PreparedCountTask<S>.self),
      .reduce(JoinedTriangleTask<S>.self), .map(DiagonalBlocksTask<S>.self),
      .map(CombinationTask<S>.self), .reduce(DifferenceTask<S>.self), .reduce(NormTask<S>.self),
      .reduce(CountTask<LocalMatrix<S>>.self), .reduce(CountTask<TripletMatrix<S>>.self),
      .map(EntryScalingTask<S>.self), .map(EntryOrderTask<S>.self), .map(EntryCombinationTask<S>.self),
      .map(VectorCombinationTask<S>.self), .reduce(VectorDotTask<S>.self),
      .reduce(VectorNormTask<S>.self), .tile(TilePlaces.self), .map(GenerationTask<S>.self),
      .exchange(GridProductTask<LocalMatrix<S>>.self), .exchange(GridProductTask<TripletMatrix<S>>.self),
      .reduce(GridAdjointTask<LocalMatrix<S>>.self), .reduce(GridAdjointTask<TripletMatrix<S>>.self),
      .exchange(RedistributionTask<LocalMatrix<S>, LocalMatrix<S>>.self),
      .exchange(RedistributionTask<LocalMatrix<S>, TripletMatrix<S>>.self),
      .exchange(RedistributionTask<TripletMatrix<S>, LocalMatrix<S>>.self),
      .exchange(RedistributionTask<TripletMatrix<S>, TripletMatrix<S>>.self),
      .tile(FactoredSlab<S>.self), .map(FactorTask<S>.self), .exchange(RaiseTask<S>.self),
      .reduce(RootTriangleTask<S>.self), .exchange(LowerTask<S>.self), .map(RecombineTask<S>.self),
      .map(RightDivisionTask<S>.self), .reduce(RightDivisionGramTask<S>.self),
      .reduce(FactorResidualTask<S>.self), .reduce(ColumnMomentsTask<S>.self),
      .reduce(WeightedColumnMomentsTask<S>.self), .map(RowShiftTask<S>.self),
      .reduce(CentredTriangleTask<S>.self), .map(AffineProductTask<S>.self),
      .map(ColumnSamplingTask<S>.self), .reduce(SimilarPairsTask<S>.self), .exchange(EmbeddingTask<S>.self),
      .exchange(OperandExchangeTask<S>.self), .map(CellProductTask<S>.self), .map(NextPanelTask<S>.self),
      .map(BroadcastProductTask<S>.self),
      .exchange(ResultExchangeTask<S>.self), .exchange(EntryExchangeTask<S>.self),
      .exchange(EntryResultExchangeTask<S>.self), .reduce(DoneTask<S>.self), .exchange(MirrorTask<S>.self),
      .reduce(SurveyTask<S, LocalMatrix<S>>.self), .reduce(SurveyTask<S, TripletMatrix<S>>.self),
      .exchange(SpreadTask<S>.self), .reduce(SpreadAdjointTask<LocalMatrix<S>>.self),
      .reduce(SpreadAdjointTask<TripletMatrix<S>>.self),
      .reduce(RowCountTask<LocalMatrix<S>>.self), .reduce(RowCountTask<TripletMatrix<S>>.self),
      .reduce(TouchedTask<S, LocalMatrix<S>>.self), .reduce(TouchedTask<S, TripletMatrix<S>>.self),
      .reduce(PieceSizeTask<OperandExchangeTask<S>>.self), .reduce(PieceSizeTask<EntryExchangeTask<S>>.self),
      .reduce(StoredCountTask<LocalMatrix<S>>.self), .reduce(StoredCountTask<TripletMatrix<S>>.self),
      .tile(FileStamp.self), .source(FileStampTask.self), .reduce(SameFileTask.self),
      .reduce(FileEntriesTask<LocalMatrix<S>>.self), .reduce(FileEntriesTask<TripletMatrix<S>>.self),
      .exchange(TileSelectionTask<LocalMatrix<S>>.self), .exchange(TileSelectionTask<TripletMatrix<S>>.self),
      .exchange(CellGatherTask<S>.self), .exchange(CellScatterTask<S>.self),
      .reduce(HermitianDefectTask<S>.self), .map(CellTriangleTask<S>.self),
      .reduce(DiagonalTileTask<S>.self),
      .reduce(TournamentTask<S>.self), .exchange(RowExchangeTask<S>.self), .map(RowPlacementTask<S>.self),
      .map(PanelSolveTask<S>.self), .map(PivotedPanelTask<S>.self), .exchange(PanelExchangeTask<S>.self),
      .map(PanelUpdateTask<S>.self), .map(PivotedUpdateTask<S>.self),
      .source(EntryPartTask<S>.self), .source(SlabPartTask<S>.self), .reduce(EntryCountTask<S>.self),
      .tile(RoundedPart.self), .source(RoundedPartTask<S>.self), .reduce(RoundedSumTask.self),
      .reduce(LargeNumberTask<LocalMatrix<S>>.self), .reduce(LargeNumberTask<TripletMatrix<S>>.self),
    ]
  }

  private static func slabEntries<A: RowSlab>(_ type: A.Type) -> [Entry] {
    [
      .map(ProductTask<A>.self), .map(VectorProductTask<A>.self), .reduce(AdjointProductTask<A>.self),
      .reduce(AdjointTimesRowsTask<A>.self), .reduce(GramProductTask<A>.self), .reduce(TriangleTask<A>.self),
      .reduce(InspectionTask<A>.self),
    ]
  }
}
