// The whole library under one import.

@_exported import Numerics
@_exported import TesseraCommunication
@_exported import TesseraDecompositions
@_exported import TesseraDistributedMatrices
@_exported import TesseraExecution
@_exported import TesseraInstrumentation
@_exported import TesseraLocalMatrices
@_exported import TesseraMatrixFiles
@_exported import TesseraPartitioning
@_exported import TesseraPlotting
