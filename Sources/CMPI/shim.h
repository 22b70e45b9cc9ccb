// MPI, as far as messages of bytes between ranks need it. MPI's constants are macros over casts, which Swift
// cannot import: the inlines below name the world communicator, the byte type and the ignored status here.
#include <mpi.h>

// Initializes MPI for calls from any one thread at a time; *provided is the level that was granted.
static inline int tessera_mpi_init(int *provided) {
  return MPI_Init_thread(0, 0, MPI_THREAD_SERIALIZED, provided);
}
static inline int tessera_mpi_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int tessera_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }
static inline int tessera_mpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }
static inline int tessera_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

// Starts sending; the bytes must stay until the request is done.
static inline int tessera_mpi_isend(const void *bytes, int count, int rank, int tag, MPI_Request *request) {
  return MPI_Isend(bytes, count, MPI_BYTE, rank, tag, MPI_COMM_WORLD, request);
}
static inline int tessera_mpi_test(MPI_Request *request, int *done) {
  return MPI_Test(request, done, MPI_STATUS_IGNORE);
}
static inline int tessera_mpi_wait(MPI_Request *request) { return MPI_Wait(request, MPI_STATUS_IGNORE); }

// Waits for the next message, claims it and tells its length.
static inline int tessera_mpi_probe(int rank, int tag, MPI_Message *message, int *count) {
  MPI_Status status;
  int error = MPI_Mprobe(rank, tag, MPI_COMM_WORLD, message, &status);
  return error == MPI_SUCCESS ? MPI_Get_count(&status, MPI_BYTE, count) : error;
}
static inline int tessera_mpi_receive(void *bytes, int count, MPI_Message *message) {
  return MPI_Mrecv(bytes, count, MPI_BYTE, message, MPI_STATUS_IGNORE);
}
