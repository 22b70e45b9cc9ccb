// Vectors of the widest registers there are: the loader takes the clone that the processor can run, by its features.

#include "CLimits.h"

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

typedef double vector __attribute__((vector_size(64), aligned(8)));

CLONES double limit_read(const double *x, size_t n) {
  vector s[4] = {{0}};
  size_t k = 0;
  for (; k + 32 <= n; k += 32) {
    s[0] += *(const vector *)(x + k);
    s[1] += *(const vector *)(x + k + 8);
    s[2] += *(const vector *)(x + k + 16);
    s[3] += *(const vector *)(x + k + 24);
  }
  double total = 0;
  for (; k < n; k++) total += x[k];
  for (int v = 0; v < 4; v++)
    for (int l = 0; l < 8; l++) total += s[v][l];
  return total;
}

CLONES void limit_triad(double *restrict a, const double *restrict b, const double *restrict c, double s, size_t n) {
  for (size_t k = 0; k < n; k++) a[k] = b[k] + s * c[k];
}

double limit_gather(const double *x, const uint32_t *index, size_t n) {
  double s[8] = {0};
  size_t k = 0;
  for (; k + 8 <= n; k += 8)
    for (int l = 0; l < 8; l++) s[l] += x[index[k + l]];
  for (; k < n; k++) s[0] += x[index[k]];
  double total = 0;
  for (int l = 0; l < 8; l++) total += s[l];
  return total;
}

CLONES double limit_multiply_add(size_t n) {
  // 12 chains: a multiply-add takes four cycles, and a core starts two or three.
  vector s[12];
#pragma clang loop unroll(full)
  for (int v = 0; v < 12; v++) s[v] = (vector){1, 2, 3, 4, 5, 6, 7, 8} + v;
  const vector a = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, b = a + 0.25;
  for (size_t k = 0; k < n; k += 96) {
    // Unrolled, so that the chains live in registers.
#pragma clang loop unroll(full)
    for (int v = 0; v < 12; v++) s[v] = s[v] * a + b;
  }
  double total = 0;
#pragma clang loop unroll(full)
  for (int v = 0; v < 12; v++)
    for (int l = 0; l < 8; l++) total += s[v][l];
  return total;
}
