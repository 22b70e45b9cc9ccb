// Rows of C = A B for one scalar T, each of at most `mostProducts` products: see short_rows.c.

FOR_EVERY_WIDTH ptrdiff_t NAME(tessera_short_rows)(ptrdiff_t rows, const ptrdiff_t *aOffsets, const int32_t *aIndices,
                                                   const T *aValues, const ptrdiff_t *bOffsets, const int32_t *bIndices,
                                                   const T *bValues, ptrdiff_t *offsets, int32_t *indices, T *values) {
  ptrdiff_t end = 0;
  offsets[0] = 0;
  for (ptrdiff_t i = 0; i < rows; i++) {
    if (i + 2 * ahead < rows)
      for (ptrdiff_t q = aOffsets[i + 2 * ahead]; q < aOffsets[i + 2 * ahead + 1]; q++)
        __builtin_prefetch(bOffsets + aIndices[q]);
    if (i + ahead < rows)
      for (ptrdiff_t q = aOffsets[i + ahead]; q < aOffsets[i + ahead + 1]; q++) {
        const ptrdiff_t start = bOffsets[aIndices[q]];
        __builtin_prefetch(bIndices + start);
        __builtin_prefetch(bValues + start);
        __builtin_prefetch((const char *)(bValues + start) + 32);
      }

    int32_t columns[mostProducts], rank[mostProducts];
    T products[mostProducts];
    ptrdiff_t count = 0;
    for (ptrdiff_t q = aOffsets[i]; q < aOffsets[i + 1]; q++)
      for (ptrdiff_t r = bOffsets[aIndices[q]]; r < bOffsets[aIndices[q] + 1]; r++, count++) {
        columns[count] = bIndices[r];
        products[count] = (T){0};
        ADD(products[count], aValues[q], bValues[r]);
      }
    const ptrdiff_t padded = (count + lanes - 1) / lanes * lanes;
    for (ptrdiff_t k = count; k < padded; k++) columns[k] = INT32_MAX;
    for (ptrdiff_t k = 0; k < padded; k += lanes) {
      int32_t smaller[lanes] = {0};
      for (ptrdiff_t m = 0; m < count; m++)
        for (ptrdiff_t l = 0; l < lanes; l++) smaller[l] += columns[m] < columns[k + l];
      for (ptrdiff_t l = 0; l < lanes; l++) rank[k + l] = smaller[l];
    }

    int32_t *rowIndices = indices + end;
    T *rowValues = values + end;
    for (ptrdiff_t k = 0; k < count; k++) rowIndices[k] = -1;
    ptrdiff_t distinct = count;
    for (ptrdiff_t k = 0; k < count; k++) {
      const ptrdiff_t place = rank[k];
      if (rowIndices[place] < 0) {
        rowIndices[place] = columns[k];
        rowValues[place] = products[k];
      } else {
        PLUS(rowValues[place], products[k]);
        distinct--;
      }
    }
    if (distinct < count)
      for (ptrdiff_t k = 0, next = 0; k < count; k++)
        if (rowIndices[k] >= 0) {
          rowIndices[next] = rowIndices[k];
          rowValues[next++] = rowValues[k];
        }
    end += distinct;
    offsets[i + 1] = end;
  }
  return end;
}
