// The outer product of every row with itself, added to a packed upper triangle: the columns of a row ascend, so those up
// to the q-th are the rows of the triangle in its column. The additions go to places that lie anywhere, but do not wait
// for each other.
#include "scalars.h"

#define ADD_CONJUGATE REAL_ADD
#define T float
#define NAME(f) f##_s
#include "packed_gram_template.h"
#undef T
#undef NAME
#define T double
#define NAME(f) f##_d
#include "packed_gram_template.h"
#undef T
#undef NAME
#undef ADD_CONJUGATE

#define ADD_CONJUGATE COMPLEX_ADD_CONJUGATE
#define T complex_float
#define NAME(f) f##_c
#include "packed_gram_template.h"
#undef T
#undef NAME
#define T complex_double
#define NAME(f) f##_z
#include "packed_gram_template.h"

ptrdiff_t tessera_packed_gram(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, void *packed) {
  switch (letter) {
  case 's': return packed_gram_s(rows, offsets, indices, values, packed);
  case 'd': return packed_gram_d(rows, offsets, indices, values, packed);
  case 'c': return packed_gram_c(rows, offsets, indices, values, packed);
  default: return packed_gram_z(rows, offsets, indices, values, packed);
  }
}
