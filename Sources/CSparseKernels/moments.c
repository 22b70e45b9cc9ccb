// Sums over the rows of a chunk that stays in cache, eight columns at a time: what is summed of them stays in registers
// from the first row to the last, and every column is summed row after row.
#include "scalars.h"

// Vectors of n numbers at any address of a number.
#define LANES(type, n) type __attribute__((ext_vector_type(n), aligned(8)))
typedef LANES(double, 8) double8;
typedef LANES(double, 4) double4;
typedef LANES(double, 2) double2;
typedef LANES(int64_t, 8) int8;
typedef LANES(int64_t, 4) int4;
typedef LANES(int64_t, 2) int2;

#define V double8
#define I int8
#define NAME(f) f##_8
#include "moments_template.h"
#undef V
#undef I
#undef NAME
#define V double4
#define I int4
#define NAME(f) f##_4
#include "moments_template.h"
#undef V
#undef I
#undef NAME
#define V double2
#define I int2
#define NAME(f) f##_2
#include "moments_template.h"
#undef V
#undef I
#undef NAME
#define V double
#define I int64_t
#define NAME(f) f##_1
#include "moments_template.h"

// Calls f for all columns; the arguments after the stride are those of column j.
#define OVER_COLUMNS(f, ...)                                                                                           \
  ptrdiff_t j = 0;                                                                                                     \
  for (; j + 8 <= columns; j += 8) f##_8(rows, x + j, stride, __VA_ARGS__);                                            \
  if (columns & 4) f##_4(rows, x + j, stride, __VA_ARGS__), j += 4;                                                    \
  if (columns & 2) f##_2(rows, x + j, stride, __VA_ARGS__), j += 2;                                                    \
  if (columns & 1) f##_1(rows, x + j, stride, __VA_ARGS__)

FOR_EVERY_WIDTH void tessera_column_sums(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride,
                                         const double *weights, double *total) {
  OVER_COLUMNS(sums, weights, total + j);
}

FOR_EVERY_WIDTH void tessera_column_deviations(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride,
                                               const double *weights, const double *mean, double *total,
                                               double *squares) {
  OVER_COLUMNS(deviations, weights, mean + j, total + j, squares + j);
}

FOR_EVERY_WIDTH void tessera_column_extremes(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride,
                                             const double *weights, double *minimum, double *maximum,
                                             double *magnitudes, int64_t *nonzeros) {
  OVER_COLUMNS(extremes, weights, minimum + j, maximum + j, magnitudes + j, nonzeros + j);
}
