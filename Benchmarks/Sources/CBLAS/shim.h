// The BLAS as C programs call it, to measure against.
#include <cblas.h>
