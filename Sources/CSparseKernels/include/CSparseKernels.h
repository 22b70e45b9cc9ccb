// The kernels whose speed hangs on what Swift's compiler does not know: that operands do not overlap, so that
// an index and a value are read once for both halves of a fused pass (1.6 times as fast), and the widest vectors of the
// processor that runs them, chosen when the program starts (target_clones).
//
// Every variant of a kernel adds the same terms in the same order and rounds each product and each sum: products and
// sums are not contracted, and vectors run across the columns of a panel, never along a sum. So the bits do not depend
// on the processor, and column l of a product with a panel is the product with column l.
//
// One signature for four scalars: `letter` is LAPACK's, 's' float, 'd' double, 'c' complex float, 'z' complex double.
// Panels are row-major, `width` elements a row. Nothing is checked: callers have.
#ifndef TESSERA_CSPARSEKERNELS_H
#define TESSERA_CSPARSEKERNELS_H

#include <stddef.h>
#include <stdint.h>

// A sparse matrix whose rows are grouped by length: `counts[g]` rows of `lengths[g]` entries each, one after the other.
// Column indices have 16 bits, or 32 where `wide`.
typedef struct {
  char letter;
  int wide;
  ptrdiff_t groups;
  const ptrdiff_t *lengths;
  const ptrdiff_t *counts;
  const void *indices;
  const void *values;
} tessera_grouped_rows;

// Y += A^H (A X), each row of A read once. X and Y do not overlap.
void tessera_grouped_gram(const tessera_grouped_rows *a, ptrdiff_t width, const void *x, void *y);

// Y := A X, where the row at position p of A is row `order[p]` of Y.
void tessera_grouped_product(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width, const void *x,
                             void *y);

// Y += A^H X, where the row at position p of A is row `order[p]` of X.
void tessera_grouped_adjoint_product(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width,
                                     const void *x, void *y);

// C := A B, A compressed by rows, B and C panels. Rows of B, which lie anywhere, are asked for some entries ahead.
void tessera_rows_times_panel(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, ptrdiff_t width, const void *b, void *c);

// The first rows of C := A B, all compressed by rows, up to the first that has more than
// `tessera_short_rows_most_products()` products a_ij b_jl; returns how many rows these are. B has `bCount` entries.
// Those of C are written from `offsets[0]` on, and after it where each row ends; there is room for all products.
ptrdiff_t tessera_multiply_short_rows(char letter, ptrdiff_t rows, const ptrdiff_t *aOffsets, const int32_t *aIndices,
                                      const void *aValues, ptrdiff_t bCount, const ptrdiff_t *bOffsets,
                                      const int32_t *bIndices, const void *bValues, ptrdiff_t *offsets, int32_t *indices,
                                      void *values);
ptrdiff_t tessera_short_rows_most_products(void);

// packed += A^H A, A compressed by rows, n columns: the upper triangle packed by columns, element (i, j), i <= j, at
// i + j(j+1)/2. Columns ascend within rows. Returns the number of products.
ptrdiff_t tessera_packed_gram(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, void *packed);

// Of `rows` rows of numbers, `stride` apart, each with a weight: the weighted sum of every column; the weighted sums of
// the deviations from `mean` and of their squares; the least and the largest number, the weighted sum of magnitudes and
// the number of nonzeros.
void tessera_column_sums(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride, const double *weights,
                         double *total);
void tessera_column_deviations(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride,
                               const double *weights, const double *mean, double *total, double *squares);
void tessera_column_extremes(ptrdiff_t rows, ptrdiff_t columns, const double *x, ptrdiff_t stride,
                             const double *weights, double *minimum, double *maximum, double *magnitudes,
                             int64_t *nonzeros);

#endif
