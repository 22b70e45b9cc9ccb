// Sparse rows times a dense panel: the template for four scalars. The columns are taken 256 bytes at a time, which is
// what the vector registers hold beside the operands: a sum stays there until its row is done. A is read once for each
// such sweep, 12 bytes an entry beside the 256 of B that it asks for.
#include "scalars.h"

// A row of B is asked for so many entries before it is needed.
enum { ahead = 16 };

#define ADD REAL_ADD

#define T float
#define WIDEST 64
#define LINE 16
#define NAME(f) f##_s
#include "panel_template.h"
#undef T
#undef WIDEST
#undef LINE
#undef NAME

#define T double
#define WIDEST 32
#define LINE 8
#define NAME(f) f##_d
#include "panel_template.h"
#undef T
#undef WIDEST
#undef LINE
#undef NAME

#undef ADD
#define ADD COMPLEX_ADD

#define T complex_float
#define WIDEST 32
#define LINE 8
#define NAME(f) f##_c
#include "panel_template.h"
#undef T
#undef WIDEST
#undef LINE
#undef NAME

#define T complex_double
#define WIDEST 16
#define LINE 4
#define NAME(f) f##_z
#include "panel_template.h"

void tessera_rows_times_panel(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, ptrdiff_t width, const void *b, void *c) {
  switch (letter) {
  case 's': tessera_times_panel_s(rows, offsets, indices, values, width, b, c); break;
  case 'd': tessera_times_panel_d(rows, offsets, indices, values, width, b, c); break;
  case 'c': tessera_times_panel_c(rows, offsets, indices, values, width, b, c); break;
  case 'z': tessera_times_panel_z(rows, offsets, indices, values, width, b, c); break;
  }
}
