/**
 * Which hosts an untrusted definition may not reach: those inside somebody's network. Judged by the host name that the
 * URL standard makes of an address, which has one spelling for each IP address: `0x7f.1`, `2130706433` and `0177.0.0.1`
 * are all `127.0.0.1` there. What a public name resolves to is not known here: that is for the host's network to bound.
 *
 * Sources: IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890), RFC 6761 and RFC 6762 for names.
 */

/** First address and prefix length. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Shared by a provider's customers; cloud metadata services too.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Public by its number, yet that of Azure's own services behind every machine there.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
];

const PRIVATE_NAMES: readonly string[] = ['localhost', 'local', 'internal', 'home.arpa', 'lan', 'intranet', 'corp'];

/** Why a host may not be asked, or undefined where it may. `hostname` is that of a parsed `URL`. */
export function privateHost(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return privateIpv6(hostname.slice(1, -1));
  const name = hostname.replace(/\.+$/, '').toLowerCase();
  const address = ipv4Of(name);
  if (address !== undefined) return isPrivateIpv4(address) ? 'it is a private or reserved address' : undefined;
  if (!name.includes('.')) return 'a name without a dot is one of a local network';
  const local = PRIVATE_NAMES.some((end) => name === end || name.endsWith(`.${end}`));
  return local ? 'it is a name of a local network' : undefined;
}

function ipv4Of(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  return parts?.slice(1).reduce((address, part) => address * 256 + Number(part), 0);
}

function isPrivateIpv4(address: number): boolean {
  return PRIVATE_IPV4.some(([first, length]) => {
    const size = 2 ** (32 - length);
    return Math.floor(address / size) === Math.floor((ipv4Of(first) ?? 0) / size);
  });
}

/** Only global unicast, `2000::/3`, is public, and not all of it. */
function privateIpv6(text: string): string | undefined {
  const groups = ipv6Groups(text);
  if (groups === undefined) return 'it is no address that can be judged';
  const [a = 0, b = 0, c = 0, , , f = 0, g = 0, h = 0] = groups;
  const embedded = g * 65_536 + h;
  // IPv4 addresses written as IPv6 (::ffff:0:0/96, 64:ff9b::/96) are judged by what they embed.
  const mapped = groups.slice(0, 5).every((group) => group === 0) && f === 0xffff;
  const translated = a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (mapped || translated) return isPrivateIpv4(embedded) ? 'it stands for a private IPv4 address' : undefined;
  if (a < 0x2000 || a > 0x3fff) return 'it is a private or reserved address';
  // 6to4 carries an IPv4 address; Teredo, documentation and benchmarking lie in 2001::/23 and 2001:db8::/32.
  if (a === 0x2002) return isPrivateIpv4(b * 65_536 + c) ? 'it stands for a private IPv4 address' : undefined;
  const reserved = (a === 0x2001 && (b < 0x200 || b === 0xdb8)) || (a === 0x3fff && b < 0x1000);
  return reserved ? 'it is a reserved address' : undefined;
}

/** The eight groups of an address as the URL standard writes it. */
function ipv6Groups(text: string): readonly number[] | undefined {
  const [left = '', right] = text.split('::');
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [read(left), read(right ?? '')];
  const missing = 8 - before.length - after.length;
  const groups = right === undefined ? before : [...before, ...Array.from({ length: missing }, () => 0), ...after];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}
