#include <mpi.h>

#include "CReference.h"

double reference_mpi_one_way(double *buffer, int count, int repeats) {
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int k = 0; k < repeats; k++) {
    if (rank == 0) {
      MPI_Send(buffer, count, MPI_DOUBLE, 1, 0, MPI_COMM_WORLD);
      MPI_Recv(buffer, count, MPI_DOUBLE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else if (rank == 1) {
      MPI_Recv(buffer, count, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(buffer, count, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
    }
  }
  return (MPI_Wtime() - start) / repeats / 2;
}

double reference_mpi_barrier(int repeats) {
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int k = 0; k < repeats; k++) MPI_Barrier(MPI_COMM_WORLD);
  return (MPI_Wtime() - start) / repeats;
}

double reference_mpi_broadcast(double *buffer, int count, int repeats) {
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int k = 0; k < repeats; k++) MPI_Bcast(buffer, count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
  return (MPI_Wtime() - start) / repeats;
}

double reference_mpi_all_gather(const double *buffer, double *all, int count, int repeats) {
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int k = 0; k < repeats; k++) {
    MPI_Allgather(buffer, count, MPI_DOUBLE, all, count, MPI_DOUBLE, MPI_COMM_WORLD);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return (MPI_Wtime() - start) / repeats;
}

double reference_mpi_all_reduce(const double *buffer, double *sum, int count, int repeats) {
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int k = 0; k < repeats; k++) {
    MPI_Allreduce(buffer, sum, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return (MPI_Wtime() - start) / repeats;
}
