import { BlockList, isIP } from 'node:net';

const reserved = new BlockList();

// IANA's special-purpose registries: this host, private networks, link-local, carrier-grade NAT, test networks, multicast.
const IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const IPV6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];
for (const [address, bits] of IPV4) reserved.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of IPV6) reserved.addSubnet(address, bits, 'ipv6');

/** Whether an IP address is on the public internet. An IPv4-mapped IPv6 address counts as its IPv4 address. */
export function isPublicAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain);
  if (family === 0) return false;
  // Other spellings of mapped addresses (::ffff:7f00:1) are refused: name servers do not return them.
  if (family === 6 && /^(?:0{0,4}:)*:?(?:0{1,4}:)*ffff:/i.test(plain)) return false;
  return !reserved.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}
