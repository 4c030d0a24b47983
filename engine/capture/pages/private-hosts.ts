/** Hosts that no stranger can reach: this machine, its network, a company's own. */

/** Special-use names (RFC 6761, 6762, 8375, 9476) and those that networks give themselves. */
const PRIVATE_SUFFIXES = new Set([
  'alt',
  'corp',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'private',
  'test',
]);

/** First address and prefix length. RFC 6890 and its successors: all that is not routed on the public internet. */
const PRIVATE_V4: Array<[string, number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** @param hostname as `URL.hostname` gives it: lower case, IPv4 in four decimals, IPv6 in brackets. */
export function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPrivateV6(hostname.slice(1, -1));
  const name = hostname.toLowerCase().replace(/\.$/u, '');
  const v4 = parseV4(name);
  if (v4 !== null) return isPrivateV4(v4);
  const labels = name.split('.');
  // a name without a dot is found by the network's own search list
  if (labels.length < 2) return true;
  return PRIVATE_SUFFIXES.has(labels.at(-1) ?? '') || name.endsWith('.home.arpa');
}

function parseV4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([first, length]) => {
    const size = 2 ** (32 - length);
    return Math.floor(address / size) === Math.floor((parseV4(first) ?? 0) / size);
  });
}

function isPrivateV6(text: string): boolean {
  const groups = parseV6(text);
  if (groups === null) return true; // what cannot be read is not kept
  const [first = 0, second = 0] = groups;
  const last = (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);
  const leading = (count: number) => groups.slice(0, count).every((group) => group === 0);
  if (leading(7) && (groups[7] ?? 0) <= 1) return true; // :: and ::1
  if (leading(5) && groups[5] === 0xffff) return isPrivateV4(last); // ::ffff:a.b.c.d
  if (leading(6)) return true; // ::a.b.c.d, withdrawn
  if (first === 0x64 && second === 0xff9b) return isPrivateV4(last); // through NAT64
  if ((first & 0xfe00) === 0xfc00) return true; // unique local
  if ((first & 0xff80) === 0xfe80) return true; // link-local, and site-local of old
  if ((first & 0xff00) === 0xff00) return true; // multicast
  return first === 0x2001 && second === 0x0db8; // documentation
}

/** Eight groups of 16 bits, or null. */
function parseV6(text: string): number[] | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/u.exec(text);
  let hex = text;
  if (dotted) {
    const v4 = parseV4(dotted[2] ?? '');
    if (v4 === null) return null;
    hex = `${dotted[1] ?? ''}${Math.floor(v4 / 65_536).toString(16)}:${(v4 % 65_536).toString(16)}`;
  }
  const halves = hex.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  return groups.every((group) => /^[0-9a-f]{1,4}$/iu.test(group)) ? groups.map((group) => parseInt(group, 16)) : null;
}
