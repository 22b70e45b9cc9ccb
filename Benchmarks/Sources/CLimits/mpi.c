#include <mpi.h>

#include "CLimits.h"

int limit_mpi_start(void) {
  int rank = -1;
  if (MPI_Init(0, 0) || MPI_Comm_rank(MPI_COMM_WORLD, &rank)) return -1;
  return rank;
}

void limit_mpi_finish(void) { MPI_Finalize(); }
