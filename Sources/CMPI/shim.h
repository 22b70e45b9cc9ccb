// MPI. Its functions import as they are; its handles and attributes are macros over casts, which Swift cannot
// import: the inlines below give those that the transport needs.
#include <mpi.h>

static inline MPI_Comm tessera_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Datatype tessera_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Errhandler tessera_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }

static inline void *tessera_mpi_in_place(void) { return MPI_IN_PLACE; }

// The largest tag that a message may carry; 32767, which every MPI allows, where the attribute is not set.
static inline int tessera_mpi_largest_tag(MPI_Comm world) {
  int *value = 0, found = 0;
  int error = MPI_Comm_get_attr(world, MPI_TAG_UB, &value, &found);
  return error == MPI_SUCCESS && found ? *value : 32767;
}
