// ARPACK-NG's Lanczos and Arnoldi iterations for a Hermitian operator, four scalars behind one
// signature. `t` is LAPACK's letter for the scalar; arrays are untyped pointers. A real scalar takes the
// symmetric routines (saupd), a complex one the general (naupd), whose eigenvalues are then real to
// rounding. The standard problem (bmat 'I') and the largest eigenvalues ('LA', 'LM') are meant.
#include <arpack.h>

static inline void tessera_aupd(char t, int *ido, int n, int nev, double tol, void *resid, int ncv, void *v,
                                int *iparam, int *ipntr, void *workd, void *workl, int lworkl, void *rwork,
                                int *info) {
  switch (t) {
  case 's': ssaupd_c(ido, "I", n, "LA", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, info); break;
  case 'd': dsaupd_c(ido, "I", n, "LA", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, info); break;
  case 'c': cnaupd_c(ido, "I", n, "LM", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, rwork, info); break;
  case 'z': znaupd_c(ido, "I", n, "LM", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, rwork, info); break;
  }
}

// Eigenvalues into d, eigenvectors into z (n x nev, leading dimension n); workev is used by complex only.
static inline void tessera_eupd(char t, int *select, void *d, void *z, void *workev, int n, int nev,
                                double tol, void *resid, int ncv, void *v, int *iparam, int *ipntr,
                                void *workd, void *workl, int lworkl, void *rwork, int *info) {
  switch (t) {
  case 's': sseupd_c(1, "A", select, d, z, n, 0, "I", n, "LA", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, info); break;
  case 'd': dseupd_c(1, "A", select, d, z, n, 0, "I", n, "LA", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, info); break;
  case 'c': cneupd_c(1, "A", select, d, z, n, 0, workev, "I", n, "LM", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, rwork, info); break;
  case 'z': zneupd_c(1, "A", select, d, z, n, 0, workev, "I", n, "LM", nev, tol, resid, ncv, v, n, iparam, ipntr, workd, workl, lworkl, rwork, info); break;
  }
}
