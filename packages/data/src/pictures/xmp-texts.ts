/** XML namespace of our texts in XMP. */
const NAMESPACE = 'urn:rewardedit:texts#';
const PREFIX = 'rewardedit';

/** Encodes texts by keyword as an XMP packet (ISO 16684-1), each as a property in our namespace. */
export function xmpPacket(texts: Readonly<Record<string, string>>): string {
  const properties = Object.entries(texts).map(
    ([keyword, text]) => `<${PREFIX}:${keyword}>${escaped(text)}</${PREFIX}:${keyword}>`,
  );
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `<rdf:Description rdf:about="" xmlns:${PREFIX}="${NAMESPACE}">`,
    ...properties,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('');
}

/** Reads the texts of our namespace in an XMP packet, as elements or attributes, also if another program rewrote it. */
export function readXmpTexts(packet: string): Record<string, string> {
  const prefix = new RegExp(`xmlns:([\\w.-]+)\\s*=\\s*["']${NAMESPACE}["']`).exec(packet)?.[1];
  if (prefix === undefined) return {};
  const name = prefix.replaceAll('.', String.raw`\.`);
  const elements = packet.matchAll(new RegExp(`<${name}:(\\w+)>([^<]*)</${name}:\\1>`, 'g'));
  const attributes = packet.matchAll(new RegExp(`\\s${name}:(\\w+)\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'g'));
  const found = [...elements, ...attributes].map(
    ([, keyword, text = '', other = '']) => [keyword, unescaped(text === '' ? other : text)] as const,
  );
  return Object.fromEntries(found);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-fA-F]{1,6})|#(\d{1,7})|(\w+));/g,
    (all: string, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : all;
    },
  );
}
