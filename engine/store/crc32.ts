/** CRC-32 (IEEE 802.3, reflected 0xEDB88320): finds torn and rotten records, not tampering. */
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** The checksum of `bytes`; pass the checksum of what came before as `seed` to go on with it. Unsigned 32 bits. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  let value = ~seed >>> 0;
  for (const byte of bytes) value = ((TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0;
  return ~value >>> 0;
}

/** Eight hexadecimal digits, the form in which checksums stand in our files. */
export function crc32Hex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
