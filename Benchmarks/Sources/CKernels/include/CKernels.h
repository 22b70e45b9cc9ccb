// Sparse kernels as one would write them for one format and one scalar, and what bounds them.
#pragma once
#include <stddef.h>
#include <stdint.h>

// y += A' (A x), rows grouped by length with 16-bit columns: the fastest loop we know for that format. x and y lie
// interleaved in `pairs`, x first, so that an entry touches one cache line of both; lengths up to 8 are unrolled.
void reference_grouped_gram(ptrdiff_t groups, const ptrdiff_t *lengths, const ptrdiff_t *counts,
                            const uint16_t *columns, const double *values, double *pairs);
// The sum of an array, read once: what the memory gives.
double reference_read(const double *x, ptrdiff_t count);
// The sum of `count` elements of x at `places`: what gathers cost.
double reference_gather(const double *x, const int32_t *places, ptrdiff_t count);
