#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "CReference.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int reference_tcp_pair(int pair[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int one = 1, failed = 1;
  pair[0] = pair[1] = -1;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener >= 0 && !bind(listener, (struct sockaddr *)&address, length) && !listen(listener, 1) &&
      !getsockname(listener, (struct sockaddr *)&address, &length) &&
      (pair[0] = socket(AF_INET, SOCK_STREAM, 0)) >= 0 &&
      !connect(pair[0], (struct sockaddr *)&address, length) && (pair[1] = accept(listener, 0, 0)) >= 0) {
    failed = setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
             setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  if (listener >= 0) close(listener);
  return failed;
}

int reference_unix_pair(int pair[2]) { return socketpair(AF_UNIX, SOCK_STREAM, 0, pair); }

static int send_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return -1;
    bytes += sent;
    count -= (size_t)sent;
  }
  return 0;
}

static int receive_all(int descriptor, char *bytes, size_t count) {
  while (count > 0) {
    ssize_t came = recv(descriptor, bytes, count, 0);
    if (came < 0 && errno == EINTR) continue;
    if (came <= 0) return -1;
    bytes += came;
    count -= (size_t)came;
  }
  return 0;
}

void reference_socket_echo(int descriptor, char *buffer, size_t bytes, size_t answer) {
  while (!receive_all(descriptor, buffer, bytes) && !send_all(descriptor, buffer, answer)) {}
}

double reference_socket_round_trip(int descriptor, char *buffer, size_t bytes, size_t answer, int repeats) {
  double start = now();
  for (int k = 0; k < repeats; k++) {
    if (send_all(descriptor, buffer, bytes) || receive_all(descriptor, buffer, answer)) return -1;
  }
  return (now() - start) / repeats;
}
