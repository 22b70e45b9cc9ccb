// The kernels on rows grouped by length, for one scalar T and one type of index I. NAME(f) is f with a suffix;
// ADD(s, a, b) is s += a b, ADD_CONJUGATE(s, a, b) is s += conj(a) b.
//
// A branch on the length of each row, mispredicted, costs more than a short row's arithmetic: in a group it is the same
// for thousands of rows, and a constant for the shortest.

INLINE void NAME(gram_rows)(ptrdiff_t length, ptrdiff_t count, const I *restrict j, const T *restrict v,
                            const T *restrict x, T *y) {
  for (ptrdiff_t r = 0; r < count; r++, j += length, v += length) {
    T t = {0};
    for (ptrdiff_t q = 0; q < length; q++) ADD(t, v[q], x[j[q]]);
    for (ptrdiff_t q = 0; q < length; q++) ADD_CONJUGATE(y[j[q]], v[q], t);
  }
}

static void NAME(gram_vector)(const tessera_grouped_rows *a, const T *x, T *y) {
  const I *j = a->indices;
  const T *v = a->values;
  for (ptrdiff_t g = 0; g < a->groups; g++) {
    const ptrdiff_t length = a->lengths[g], count = a->counts[g];
    switch (length) {
    case 0: break;
    case 1: NAME(gram_rows)(1, count, j, v, x, y); break;
    case 2: NAME(gram_rows)(2, count, j, v, x, y); break;
    case 3: NAME(gram_rows)(3, count, j, v, x, y); break;
    case 4: NAME(gram_rows)(4, count, j, v, x, y); break;
    case 5: NAME(gram_rows)(5, count, j, v, x, y); break;
    case 6: NAME(gram_rows)(6, count, j, v, x, y); break;
    case 7: NAME(gram_rows)(7, count, j, v, x, y); break;
    case 8: NAME(gram_rows)(8, count, j, v, x, y); break;
    default: NAME(gram_rows)(length, count, j, v, x, y);
    }
    j += length * count;
    v += length * count;
  }
}

INLINE void NAME(row_times_block)(ptrdiff_t length, const I *j, const T *v, ptrdiff_t width, const T *x,
                                  ptrdiff_t columns, T *t) {
  for (ptrdiff_t l = 0; l < columns; l++) t[l] = (T){0};
  for (ptrdiff_t q = 0; q < length; q++) {
    const T *row = x + j[q] * width;
    for (ptrdiff_t l = 0; l < columns; l++) ADD(t[l], v[q], row[l]);
  }
}

INLINE void NAME(add_block_times_row)(ptrdiff_t length, const I *j, const T *v, ptrdiff_t width,
                                      ptrdiff_t columns, const T *t, T *y) {
  for (ptrdiff_t q = 0; q < length; q++) {
    T *row = y + j[q] * width;
    for (ptrdiff_t l = 0; l < columns; l++) ADD_CONJUGATE(row[l], v[q], t[l]);
  }
}

INLINE void NAME(gram_block)(ptrdiff_t length, const I *j, const T *v, ptrdiff_t width, ptrdiff_t columns, const T *x,
                             T *y) {
  T t[block];
  NAME(row_times_block)(length, j, v, width, x, columns, t);
  NAME(add_block_times_row)(length, j, v, width, columns, t, y);
}

FOR_EVERY_WIDTH void NAME(tessera_gram_panel)(const tessera_grouped_rows *a, ptrdiff_t width, const T *x, T *y) {
  const I *j = a->indices;
  const T *v = a->values;
  for (ptrdiff_t g = 0; g < a->groups; g++) {
    const ptrdiff_t n = a->lengths[g];
    for (ptrdiff_t r = 0; r < a->counts[g]; r++, j += n, v += n) {
      ptrdiff_t l = 0;
      for (; l + block <= width; l += block) NAME(gram_block)(n, j, v, width, block, x + l, y + l);
      if (width & 4) NAME(gram_block)(n, j, v, width, 4, x + l, y + l), l += 4;
      if (width & 2) NAME(gram_block)(n, j, v, width, 2, x + l, y + l), l += 2;
      if (width & 1) NAME(gram_block)(n, j, v, width, 1, x + l, y + l);
    }
  }
}

FOR_EVERY_WIDTH void NAME(tessera_product_panel)(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width,
                                                 const T *x, T *y) {
  const I *j = a->indices;
  const T *v = a->values;
  for (ptrdiff_t g = 0; g < a->groups; g++) {
    const ptrdiff_t n = a->lengths[g];
    for (ptrdiff_t r = 0; r < a->counts[g]; r++, j += n, v += n, order++) {
      T *row = y + *order * width;
      ptrdiff_t l = 0;
      for (; l + block <= width; l += block) NAME(row_times_block)(n, j, v, width, x + l, block, row + l);
      if (width & 4) NAME(row_times_block)(n, j, v, width, x + l, 4, row + l), l += 4;
      if (width & 2) NAME(row_times_block)(n, j, v, width, x + l, 2, row + l), l += 2;
      if (width & 1) NAME(row_times_block)(n, j, v, width, x + l, 1, row + l);
    }
  }
}

FOR_EVERY_WIDTH void NAME(tessera_adjoint_panel)(const tessera_grouped_rows *a, const int32_t *order, ptrdiff_t width,
                                                 const T *x, T *y) {
  const I *j = a->indices;
  const T *v = a->values;
  for (ptrdiff_t g = 0; g < a->groups; g++) {
    const ptrdiff_t n = a->lengths[g];
    for (ptrdiff_t r = 0; r < a->counts[g]; r++, j += n, v += n, order++)
      NAME(add_block_times_row)(n, j, v, width, width, x + *order * width, y);
  }
}
