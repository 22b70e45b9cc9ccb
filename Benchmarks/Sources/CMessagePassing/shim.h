// MPI as the benchmarks' C code calls it.
#include <mpi.h>
