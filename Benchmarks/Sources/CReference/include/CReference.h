// What the transports are measured against: the calls that one would write by hand. Times are in seconds for
// one operation.
#pragma once
#include <stddef.h>

// MARK: MPI, between all ranks of the world, after MPI_Init. Buffers hold `count` doubles.

// One way of a message between ranks 0 and 1; the others wait.
double reference_mpi_one_way(double *buffer, int count, int repeats);
double reference_mpi_barrier(int repeats);
double reference_mpi_broadcast(double *buffer, int count, int repeats);
// `count` doubles from each rank; `all` holds them all.
double reference_mpi_all_gather(const double *buffer, double *all, int count, int repeats);
double reference_mpi_all_reduce(const double *buffer, double *sum, int count, int repeats);

// MARK: sockets, plain and blocking

// A connected pair of TCP sockets on loopback, without Nagle's delay, that child processes inherit. 0 if it
// can be had.
int reference_tcp_pair(int pair[2]);
// The same of Unix-domain sockets.
int reference_unix_pair(int pair[2]);

// Sends back every message of `bytes` bytes, as `answer` bytes, until the peer closes.
void reference_socket_echo(int descriptor, char *buffer, size_t bytes, size_t answer);
// Sends `bytes` bytes and waits for `answer` bytes, on the average of `repeats` times. Negative if it fails.
double reference_socket_round_trip(int descriptor, char *buffer, size_t bytes, size_t answer, int repeats);

// MARK: threads

// Hands a word to another thread and back with a mutex and a condition: the time of one way.
double reference_thread_hand_over(int repeats);
