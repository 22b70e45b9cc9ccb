// C = A B, all compressed by rows, where a row of C has few products: they are listed, and each is put where as many
// of the row's columns are smaller. Equal columns meet in one place and add up in the order of the products, which is
// that of Gustavson's algorithm; the gaps they leave are closed. Counting what is smaller takes p^2 comparisons for p
// products, but without a branch and 16 in an instruction: for p up to 64 that is faster than a hash table and a sort.
// Rows of B, which lie anywhere, are asked for some rows ahead.
#include "scalars.h"

// As many products as a word has bits.
enum { mostProducts = 64, lanes = 16, ahead = 16, piece = 8 };

#define TEMPLATE "short_rows_template.h"
#include "every_scalar.h"

ptrdiff_t tessera_short_rows_most_products(void) { return mostProducts; }

ptrdiff_t tessera_multiply_short_rows(char letter, ptrdiff_t rows, const ptrdiff_t *aOffsets, const int32_t *aIndices,
                                      const void *aValues, ptrdiff_t bCount, const ptrdiff_t *bOffsets,
                                      const int32_t *bIndices, const void *bValues, ptrdiff_t *offsets, int32_t *indices,
                                      void *values) {
  switch (letter) {
  case 's':
    return tessera_short_rows_s(rows, aOffsets, aIndices, aValues, bCount, bOffsets, bIndices, bValues, offsets, indices,
                                values);
  case 'd':
    return tessera_short_rows_d(rows, aOffsets, aIndices, aValues, bCount, bOffsets, bIndices, bValues, offsets, indices,
                                values);
  case 'c':
    return tessera_short_rows_c(rows, aOffsets, aIndices, aValues, bCount, bOffsets, bIndices, bValues, offsets, indices,
                                values);
  default:
    return tessera_short_rows_z(rows, aOffsets, aIndices, aValues, bCount, bOffsets, bIndices, bValues, offsets, indices,
                                values);
  }
}
