// libhdf5 reads in a process of its own, and a library has no other program to start than the one that it is part of,
// whatever that does. Started under the reader's name it never comes to its main function: constructors, to which
// glibc hands the arguments, run before. A fork would not do: OpenBLAS stops its threads at one, and what another
// thread has locked in the runtime stays locked in the copy.
#define _GNU_SOURCE
#include "CReaderEntry.h"

#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <dlfcn.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

__attribute__((constructor)) static void begin(int count, char **arguments, char **environment) {
  (void)environment;
  if (count != 1 || strcmp(arguments[0], tessera_reader_name) != 0) return;
  // It ends with the one who asked, and leaves no core: damaged files are what it is for.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // Beside its socket it has nothing to keep open of what another thread was just opening.
  syscall(SYS_close_range, 4, ~0u, 0);
  tessera_read_hdf5();
  _exit(0);
}

int tessera_is_in_program(void) {
  Dl_info here, program;
  return dladdr((void *)begin, &here) && dladdr((void *)getauxval(AT_ENTRY), &program) &&
    here.dli_fbase == program.dli_fbase;
}
#else
int tessera_is_in_program(void) { return 0; }
#endif
