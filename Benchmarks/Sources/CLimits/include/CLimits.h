// What bounds everything else on a machine: how fast one thread reads, writes and gathers. Each call goes once over
// its arrays; whoever times it divides.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The sum of x: a read-only stream of 8n bytes.
double limit_read(const double *x, size_t n);
// a := b + s c: the triad of STREAM, 24n bytes and as many again of a as the caches fetch before they write.
void limit_triad(double *a, const double *b, const double *c, double s, size_t n);
// The sum of x[index[k]]: n gathers, and 4n bytes of indices in a stream.
double limit_gather(const double *x, const uint32_t *index, size_t n);
// n multiply-adds in registers, in chains that do not wait for each other.
double limit_multiply_add(size_t n);

// Starts MPI and returns this process's rank; negative where it cannot be started.
int limit_mpi_start(void);
void limit_mpi_finish(void);
