/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2) and `64:ff9b::/96` (RFC 6052): an IPv4 address in the last two groups. */
const CARRIERS_OF_IPV4 = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/**
 * What one subscriber holds: an IPv4 address, however it is written, or the /64 of an IPv6 one, within which anyone may change at
 * will. An IPv4 address in IPv6 clothes (a dual-stack server sees all of them so) must not be cut to a /64: that is everybody's.
 */
export function networkOf(address: string): string {
  return prefixOf(address, 4, 4);
}

/**
 * What one organisation, or one attacker who pays for it, usually holds: the /24 of an IPv4 address, the /48 of an IPv6 one. Also
 * what a phone or a laptop stays in while it stays where it is.
 */
export function blockOf(address: string): string {
  return prefixOf(address, 3, 3);
}

/** What is no address counts as one and the same: whoever may choose such a text could otherwise be somebody else each time. */
const UNKNOWN = 'unknown';

/** So many bytes of an IPv4 address, or so many groups of an IPv6 one. */
function prefixOf(text: string, bytes: number, groups: number): string {
  const address = withoutPort(text);
  const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (ipv4) return ipv4.slice(1, 1 + bytes).join('.');
  const all = groupsOf(address);
  if (!all) return UNKNOWN;
  if (!CARRIERS_OF_IPV4.includes(all.slice(0, 6).join(':'))) return all.slice(0, groups).join(':');
  const carried = all.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  return carried.slice(0, bytes).join('.');
}

/** Some proxies write the port of the client behind its address, which is another one each time: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const [, ipv4, ipv6] = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([^\]]*)\])(?::\d+)?$/.exec(text) ?? [];
  return ipv4 ?? ipv6 ?? text;
}

/** The eight groups of an IPv6 address, each in its shortest form; `undefined` for anything else. */
function groupsOf(address: string): readonly string[] | undefined {
  const [head = '', tail, more] = withoutDots(address.split('%', 1)[0] ?? '').split('::');
  const before = split(head);
  const after = split(tail ?? '');
  const gap = 8 - before.length - after.length;
  if (more !== undefined || (tail === undefined ? gap !== 0 : gap < 1)) return undefined;
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after];
  const isAddress = groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group));
  return isAddress ? groups.map((group) => Number.parseInt(group, 16).toString(16)) : undefined;
}

/** Writes the last four bytes as two groups where they stand as an IPv4 address. */
function withoutDots(address: string): string {
  const [, start, ...bytes] = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address) ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return start === undefined ? address : `${start}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function split(groups: string): readonly string[] {
  return groups === '' ? [] : groups.split(':');
}
