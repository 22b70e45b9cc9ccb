// CRC32C (Castagnoli): polynomial 0x1EDC6F41, reflected. Source: RFC 3720, section 12.1 and appendix B.4.
#ifndef TESSERA_CCHECKSUM_H
#define TESSERA_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// The checksum of `count` more bytes after those whose checksum is `crc` (0 before the first).
uint32_t tessera_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same by table, one byte at a time: for processors without the instruction, and to test the other.
uint32_t tessera_crc32c_by_table(uint32_t crc, const void *bytes, size_t count);

#endif
