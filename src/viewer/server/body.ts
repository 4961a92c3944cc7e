/** Reads a request's body within a bound, compressed or not, so that no sender can fill the memory. */
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

/** A body that cannot be taken; `status` is the HTTP answer it deserves. */
export class BodyError extends Error {
  override name = 'BodyError';
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate), raw: promisify(inflateRaw) };

function tooLarge(maxBytes: number): BodyError {
  return new BodyError(413, `body: larger than ${maxBytes} bytes; send smaller batches`);
}

async function readAll(request: Request, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.byteLength;
    if (size > maxBytes) {
      // The rest is not read; the server drains or closes the connection.
      reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
}

/** HTTP's "deflate" is the zlib format (RFC 9110 8.4.1.2), but some senders leave its two header bytes out. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

/**
 * Reads a whole body and undoes its `Content-Encoding` (gzip, deflate, identity).
 *
 * @param request the request, its body unread
 * @param maxBytes bound in bytes, for what travels and for what comes out of decompression
 * @returns the plain bytes
 * @throws BodyError 413 beyond the bound, 415 for another encoding, 400 when the data cannot be read or decompressed
 * @example
 * const bytes = await readBody(request, 32 * 1024 * 1024);
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase() || 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new BodyError(415, `content-encoding: expected gzip, deflate or none, got ${encoding.slice(0, 40)}`);
  }
  let packed: Buffer;
  try {
    packed = await readAll(request, maxBytes);
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError(400, 'body: the connection broke before its end');
  }
  if (encoding === 'identity') return packed;
  const unpack = encoding === 'gzip' ? unpackers.gzip : hasZlibHeader(packed) ? unpackers.deflate : unpackers.raw;
  try {
    return await unpack(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new BodyError(400, `body: not valid ${encoding} (${error instanceof Error ? error.message : String(error)})`);
  }
}
