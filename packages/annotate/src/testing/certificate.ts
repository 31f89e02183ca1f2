import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and a self-signed certificate, in PEM. */
export type TestCertificate = { readonly key: string; readonly certificate: string };

/** Creates a certificate for host names, to be trusted in tests only (X.509 version 3, RFC 5280). */
export function createCertificate(hosts: readonly string[]): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(tag(SET, sequence(COMMON_NAME, tag(UTF8, Buffer.from('test')))));
  const validity = sequence(time('20200101000000Z'), time('21200101000000Z'));
  const alternatives = sequence(...hosts.map((host) => tag(DNS_NAME, Buffer.from(host))));
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, tag(OCTETS, sequence(tag(BOOLEAN, Buffer.from([0xff]))))),
    sequence(ALTERNATIVE_NAMES, tag(OCTETS, alternatives)),
  );
  const content = sequence(
    tag(VERSION, tag(INTEGER, Buffer.from([2]))),
    tag(INTEGER, Buffer.from([1])),
    sequence(ECDSA_WITH_SHA256),
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tag(EXTENSIONS, extensions),
  );
  const signature = sign('sha256', content, privateKey);
  const whole = sequence(content, sequence(ECDSA_WITH_SHA256), tag(BITS, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

const [BOOLEAN, INTEGER, BITS, OCTETS, OBJECT, UTF8, TIME] = [0x01, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x18];
const [SEQUENCE, SET, VERSION, EXTENSIONS, DNS_NAME] = [0x30, 0x31, 0xa0, 0xa3, 0x82];

const ECDSA_WITH_SHA256 = tag(OBJECT, Buffer.from('2a8648ce3d040302', 'hex'));
const COMMON_NAME = tag(OBJECT, Buffer.from('550403', 'hex'));
const BASIC_CONSTRAINTS = tag(OBJECT, Buffer.from('551d13', 'hex'));
const ALTERNATIVE_NAMES = tag(OBJECT, Buffer.from('551d11', 'hex'));

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tag(SEQUENCE, ...parts);
}

function time(text: string): Buffer {
  return tag(TIME, Buffer.from(text));
}

/** A DER value: its tag, its length, its content. */
function tag(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), content]);
}
