// What the templates need to know of the four scalars: a type and s += a b, s += conj(a) b, s += a, each product and sum
// rounded by itself.
#ifndef TESSERA_SCALARS_H
#define TESSERA_SCALARS_H

#include "CSparseKernels.h"

// a * b + c is two roundings everywhere, whether or not the processor could do it in one.
#pragma STDC FP_CONTRACT OFF

typedef struct { float re, im; } complex_float;
typedef struct { double re, im; } complex_double;

#define REAL_ADD(s, a, b) ((s) += (a) * (b))
#define COMPLEX_ADD(s, a, b)                                                                                           \
  ((s).re += (a).re * (b).re - (a).im * (b).im, (s).im += (a).re * (b).im + (a).im * (b).re)
#define COMPLEX_ADD_CONJUGATE(s, a, b)                                                                                 \
  ((s).re += (a).re * (b).re + (a).im * (b).im, (s).im += (a).re * (b).im - (a).im * (b).re)
#define REAL_PLUS(s, a) ((s) += (a))
#define COMPLEX_PLUS(s, a) ((s).re += (a).re, (s).im += (a).im)

#define INLINE static inline __attribute__((always_inline))

// Functions that gain from wide vectors are compiled once for each width, and the loader chooses.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EVERY_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EVERY_WIDTH
#endif

// Blocks of this many columns are summed in registers.
enum { block = 8 };

#endif
