// Products with rows grouped by length: the template for four scalars and two widths of indices.
#include "scalars.h"

#define ADD REAL_ADD
#define ADD_CONJUGATE REAL_ADD

#define T float
#define I uint16_t
#define NAME(f) f##_s16
#include "grouped_template.h"
#undef I
#undef NAME
#define I int32_t
#define NAME(f) f##_s32
#include "grouped_template.h"
#undef I
#undef NAME
#undef T

#define T double
#define I uint16_t
#define NAME(f) f##_d16
#include "grouped_template.h"
#undef I
#undef NAME
#define I int32_t
#define NAME(f) f##_d32
#include "grouped_template.h"
#undef I
#undef NAME
#undef T

#undef ADD
#undef ADD_CONJUGATE
#define ADD COMPLEX_ADD
#define ADD_CONJUGATE COMPLEX_ADD_CONJUGATE

#define T complex_float
#define I uint16_t
#define NAME(f) f##_c16
#include "grouped_template.h"
#undef I
#undef NAME
#define I int32_t
#define NAME(f) f##_c32
#include "grouped_template.h"
#undef I
#undef NAME
#undef T

#define T complex_double
#define I uint16_t
#define NAME(f) f##_z16
#include "grouped_template.h"
#undef I
#undef NAME
#define I int32_t
#define NAME(f) f##_z32
#include "grouped_template.h"
#undef I
#undef NAME
#undef T

// Calls f of the matrix's scalar and width of indices.
#define DISPATCH(f, ...)                                                                                               \
  switch (a->letter) {                                                                                                 \
  case 's': if (a->wide) f##_s32(__VA_ARGS__); else f##_s16(__VA_ARGS__); break;                                       \
  case 'd': if (a->wide) f##_d32(__VA_ARGS__); else f##_d16(__VA_ARGS__); break;                                       \
  case 'c': if (a->wide) f##_c32(__VA_ARGS__); else f##_c16(__VA_ARGS__); break;                                       \
  case 'z': if (a->wide) f##_z32(__VA_ARGS__); else f##_z16(__VA_ARGS__); break;                                       \
  }

void tessera_grouped_gram(const tessera_grouped_rows *a, ptrdiff_t width, const void *x, void *y) {
  if (width == 1) {
    DISPATCH(gram_vector, a, x, y)
  } else {
    DISPATCH(tessera_gram_panel, a, width, x, y)
  }
}

void tessera_grouped_product(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width, const void *x,
                             void *y) {
  DISPATCH(tessera_product_panel, a, order, width, x, y)
}

void tessera_grouped_adjoint_product(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width,
                                     const void *x, void *y) {
  DISPATCH(tessera_adjoint_panel, a, order, width, x, y)
}
