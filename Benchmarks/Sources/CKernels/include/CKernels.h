// Sparse kernels as one would write them for one format and one scalar, and what bounds them.
#pragma once
#include <stddef.h>
#include <stdint.h>

// y += A' (A x), rows grouped by length with 16-bit columns: the fastest loop we know for that format. x and y lie
// interleaved in `pairs`, x first, so that an entry touches one cache line of both; lengths up to 8 are unrolled.
void reference_grouped_gram(ptrdiff_t groups, const ptrdiff_t *lengths, const ptrdiff_t *counts,
                            const uint16_t *columns, const double *values, double *pairs);
// y += A' (A x) and y := A x, A compressed by rows.
void reference_rows_gram(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *columns, const double *values,
                         const double *x, double *y);
void reference_rows_times_vector(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *columns, const double *values,
                                 const double *x, double *y);
// The sum of an array, read once: what the memory gives.
double reference_read(const double *x, ptrdiff_t count);
// The sum of `count` elements of x at `places`: what gathers cost.
double reference_gather(const double *x, const int32_t *places, ptrdiff_t count);
// The sum of the rows of x at `places`, each of `width` elements, each asked for some rows ahead: what products of a
// sparse matrix with a wide panel cannot do without. `width` is a multiple of 8.
double reference_gather_rows(const double *x, ptrdiff_t width, const int32_t *places, ptrdiff_t count);
