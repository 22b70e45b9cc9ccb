// Includes TEMPLATE once for each of the four scalars, with T its type, NAME(f) f and its letter, and s += a b,
// s += conj(a) b and s += a as ADD(s, a, b), ADD_CONJUGATE(s, a, b) and PLUS(s, a).
#include "scalars.h"

#define ADD REAL_ADD
#define ADD_CONJUGATE REAL_ADD
#define PLUS REAL_PLUS
#define T float
#define NAME(f) f##_s
#include TEMPLATE
#undef T
#undef NAME
#define T double
#define NAME(f) f##_d
#include TEMPLATE
#undef T
#undef NAME
#undef ADD
#undef ADD_CONJUGATE
#undef PLUS

#define ADD COMPLEX_ADD
#define ADD_CONJUGATE COMPLEX_ADD_CONJUGATE
#define PLUS COMPLEX_PLUS
#define T complex_float
#define NAME(f) f##_c
#include TEMPLATE
#undef T
#undef NAME
#define T complex_double
#define NAME(f) f##_z
#include TEMPLATE
