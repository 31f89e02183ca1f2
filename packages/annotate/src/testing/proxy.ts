import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import { createCertificate } from './certificate.ts';

/** A request as the proxy sees it; the contents of a tunnel are hidden from it. */
export type ProxiedRequest = {
  readonly method: string;
  /** A host and a port for CONNECT; a whole address otherwise. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
};

export type TestProxy = {
  /** Such as "http://127.0.0.1:49152". */
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  /** The certificate to trust for the encrypted servers behind it, in PEM. */
  readonly certificate: string;
  close(): Promise<void>;
};

/**
 * Starts an HTTP proxy on a port of this machine that connects every server to the one at `upstream`, including the encrypted ones of
 * `hosts`: so tests see what would be sent to a provider's servers. A request to the proxy itself also reaches that server.
 */
export async function startProxy(upstream: string, hosts: readonly string[] = []): Promise<TestProxy> {
  const { hostname, port } = new URL(upstream);
  const { key, certificate } = createCertificate(hosts);
  const secureContext = createSecureContext({ key, cert: certificate });
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method = '', url: target = '', headers }: IncomingMessage) =>
    requests.push({ method, target, headers });

  const server = createServer((incoming, outgoing) => {
    note(incoming);
    const { pathname, search } = new URL(incoming.url ?? '/', upstream);
    const { method, headers } = incoming;
    const sent = httpRequest(
      { hostname, port, path: `${pathname}${search}`, method, headers },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      },
    );
    sent.on('error', () => outgoing.destroy());
    incoming.pipe(sent);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (incoming, socket) => {
    note(incoming);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const inside = new TLSSocket(socket, { isServer: true, secureContext });
    const onwards = connect(Number(port), hostname);
    sockets.add(onwards);
    for (const each of [socket, inside, onwards]) {
      each.on('error', () => onwards.destroy());
      each.on('close', () => onwards.destroy());
    }
    onwards.on('close', () => inside.destroy());
    inside.pipe(onwards).pipe(inside);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    certificate,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
