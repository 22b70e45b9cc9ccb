// Loops that sparse kernels are measured against.
#include "CKernels.h"

static inline __attribute__((always_inline)) void rows(ptrdiff_t length, ptrdiff_t count, const uint16_t *restrict j,
                                                       const double *restrict v, double *pairs) {
  for (ptrdiff_t r = 0; r < count; r++, j += length, v += length) {
    double t = 0;
    for (ptrdiff_t q = 0; q < length; q++) t += v[q] * pairs[2 * j[q]];
    for (ptrdiff_t q = 0; q < length; q++) pairs[2 * j[q] + 1] += v[q] * t;
  }
}

void reference_grouped_gram(ptrdiff_t groups, const ptrdiff_t *lengths, const ptrdiff_t *counts,
                            const uint16_t *columns, const double *values, double *pairs) {
  for (ptrdiff_t g = 0; g < groups; g++) {
    switch (lengths[g]) {
    case 0: break;
    case 1: rows(1, counts[g], columns, values, pairs); break;
    case 2: rows(2, counts[g], columns, values, pairs); break;
    case 3: rows(3, counts[g], columns, values, pairs); break;
    case 4: rows(4, counts[g], columns, values, pairs); break;
    case 5: rows(5, counts[g], columns, values, pairs); break;
    case 6: rows(6, counts[g], columns, values, pairs); break;
    case 7: rows(7, counts[g], columns, values, pairs); break;
    case 8: rows(8, counts[g], columns, values, pairs); break;
    default: rows(lengths[g], counts[g], columns, values, pairs);
    }
    columns += lengths[g] * counts[g];
    values += lengths[g] * counts[g];
  }
}

void reference_rows_gram(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *columns, const double *values,
                         const double *restrict x, double *restrict y) {
  for (ptrdiff_t i = 0; i < rows; i++) {
    double t = 0;
    for (ptrdiff_t q = offsets[i]; q < offsets[i + 1]; q++) t += values[q] * x[columns[q]];
    for (ptrdiff_t q = offsets[i]; q < offsets[i + 1]; q++) y[columns[q]] += values[q] * t;
  }
}

void reference_rows_times_vector(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *columns, const double *values,
                                 const double *restrict x, double *restrict y) {
  for (ptrdiff_t i = 0; i < rows; i++) {
    double t = 0;
    for (ptrdiff_t q = offsets[i]; q < offsets[i + 1]; q++) t += values[q] * x[columns[q]];
    y[i] = t;
  }
}

double reference_read(const double *x, ptrdiff_t count) {
  // Eight sums, so that no addition waits for another.
  double s[8] = {0};
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int l = 0; l < 8; l++) s[l] += x[i + l];
  for (; i < count; i++) s[0] += x[i];
  return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}

double reference_gather(const double *x, const int32_t *places, ptrdiff_t count) {
  double s[8] = {0};
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int l = 0; l < 8; l++) s[l] += x[places[i + l]];
  for (; i < count; i++) s[0] += x[places[i]];
  return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}

// With the widest registers there are: the loader takes the clone that the processor can run.
#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
double reference_gather_rows(const double *x, ptrdiff_t width, const int32_t *places, ptrdiff_t count) {
  enum { ahead = 16 };
  double s[8] = {0};
  for (ptrdiff_t i = 0; i < count; i++) {
    const double *next = x + places[i + ahead < count ? i + ahead : count - 1] * width;
    for (ptrdiff_t l = 0; l < width; l += 8) __builtin_prefetch(next + l);
    const double *row = x + places[i] * width;
    for (ptrdiff_t k = 0; k < width; k += 8)
      for (int l = 0; l < 8; l++) s[l] += row[k + l];
  }
  return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}
