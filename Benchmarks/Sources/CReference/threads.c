#include <pthread.h>
#include <time.h>

#include "CReference.h"

// A cell that holds the number of the thread whose turn it is.
struct cell {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int turn;
  int repeats;
};

static void take_turns(struct cell *cell, int mine) {
  for (int k = 0; k < cell->repeats; k++) {
    pthread_mutex_lock(&cell->mutex);
    while (cell->turn != mine) pthread_cond_wait(&cell->changed, &cell->mutex);
    cell->turn = 1 - mine;
    pthread_cond_signal(&cell->changed);
    pthread_mutex_unlock(&cell->mutex);
  }
}

static void *other_thread(void *cell) {
  take_turns(cell, 1);
  return 0;
}

double reference_thread_hand_over(int repeats) {
  struct cell cell = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, repeats};
  struct timespec start, end;
  pthread_t thread;
  if (pthread_create(&thread, 0, other_thread, &cell)) return -1;
  clock_gettime(CLOCK_MONOTONIC, &start);
  take_turns(&cell, 0);
  pthread_join(thread, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return ((double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec)) / repeats / 2;
}
