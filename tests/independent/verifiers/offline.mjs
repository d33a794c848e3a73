// What a verifier finds in the web, from files; whatever else it asks for is refused and remembered.
import net from 'node:net';
import tls from 'node:tls';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const folder = process.argv[2];
export const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
export const textOf = file => readFileSync(join(folder, file), 'utf8');

// Attempts at a real connection: the run fails when there is one.
export const attempts = [];
const refuse = (...args) => {
  attempts.push(JSON.stringify(args[0]));
  throw new Error('offline');
};
net.Socket.prototype.connect = refuse;
net.connect = net.createConnection = tls.connect = refuse;

// Addresses that the corpus does not hold, as an answer of the web that there is no such page.
globalThis.fetch = async request => {
  const url = typeof request === 'string' ? request : request.url ?? String(request);
  const file = manifest.web[url];
  return file === undefined ?
    new Response('{}', {status: 404, headers: {'content-type': 'application/json'}}) :
    new Response(textOf(file), {status: 200, headers: {'content-type': 'application/json'}});
};

export function webDocument(url) {
  if(manifest.web[url] === undefined) {
    throw new Error(`NotFoundError: ${url}`);
  }
  return JSON.parse(textOf(manifest.web[url]));
}

// did:web to its address: W3C CCG did:web, section 3.2.
export function addressOf(did) {
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  return `https://${host}/${path.length > 0 ? path.join('/') : '.well-known'}/did.json`;
}
