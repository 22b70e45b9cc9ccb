// Sparse rows times a dense panel: the template for four scalars. The sums of a row are kept in registers, 256 bytes of
// them, which is what the vector registers hold beside the operands, until the row is done; two such pieces, 512 bytes
// of columns, make a sweep. A is read once for each sweep, 12 bytes an entry beside the 512 of B that it asks for.
#include "scalars.h"

// A row of B is asked for so many entries before it is needed.
enum { ahead = 16 };

// How many numbers of type T these are: 256 bytes, and a cache line of 64.
#define WIDEST ((ptrdiff_t)(256 / sizeof(T)))
#define LINE ((ptrdiff_t)(64 / sizeof(T)))

#define TEMPLATE "panel_template.h"
#include "every_scalar.h"

void tessera_rows_times_panel(char letter, ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                              const void *values, ptrdiff_t width, const void *b, void *c) {
  switch (letter) {
  case 's': tessera_times_panel_s(rows, offsets, indices, values, width, b, c); break;
  case 'd': tessera_times_panel_d(rows, offsets, indices, values, width, b, c); break;
  case 'c': tessera_times_panel_c(rows, offsets, indices, values, width, b, c); break;
  case 'z': tessera_times_panel_z(rows, offsets, indices, values, width, b, c); break;
  }
}
