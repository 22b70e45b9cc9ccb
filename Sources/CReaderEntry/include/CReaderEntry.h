// A program started as the reader of a file: what it does before its own beginning.
#ifndef TESSERA_CREADERENTRY_H
#define TESSERA_CREADERENTRY_H

// The name, argument 0, under which a program reads a file for another instead of doing what it is for.
static const char *const tessera_reader_name = "tessera-hdf5-reader";

// Whether this code is part of the program, and not of something that the program has loaded: then /proc/self/exe
// can be started as a reader.
int tessera_is_in_program(void);

// What a reader does. Defined in TesseraMatrixFiles.
void tessera_read_hdf5(void);

#endif
