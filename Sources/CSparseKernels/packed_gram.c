// The outer product of every row with itself, added to a packed upper triangle: the columns of a row ascend, so those up
// to the q-th are the rows of the triangle in its column. The additions go to places that lie anywhere, but do not wait
// for each other.
#define TEMPLATE "packed_gram_template.h"
#include "every_scalar.h"

ptrdiff_t tessera_packed_gram(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, void *packed) {
  switch (letter) {
  case 's': return packed_gram_s(rows, offsets, indices, values, packed);
  case 'd': return packed_gram_d(rows, offsets, indices, values, packed);
  case 'c': return packed_gram_c(rows, offsets, indices, values, packed);
  default: return packed_gram_z(rows, offsets, indices, values, packed);
  }
}
