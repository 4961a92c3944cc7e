/** Reads the body of a request, in either encoding, as the OTLP message it should be. */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { OtlpError, readOtlpJson } from './otlp-json.ts';

/** How a message is written. */
export type Encoding = 'json' | 'protobuf';

/**
 * Reads an OTLP message from protobuf.
 *
 * @param desc the generated descriptor of the message
 * @param body the bytes; parts of the message are windows into them
 * @returns the message
 * @throws OtlpError when the bytes are no such message
 * @example
 * readOtlpProtobuf(ExportTraceServiceRequestSchema, new Uint8Array()).resourceSpans; // []
 */
export function readOtlpProtobuf<Desc extends DescMessage>(desc: Desc, body: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(desc, body, { readUnknownFields: false });
  } catch (error) {
    throw new OtlpError(`body: not valid protobuf (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
}

/**
 * Reads an OTLP message from a request's bytes.
 *
 * @param desc the generated descriptor of the message
 * @param encoding of the body
 * @param body already decompressed
 * @returns the message
 * @throws OtlpError naming the path of the first field that is wrong
 * @example
 * readOtlpBody(ExportTraceServiceRequestSchema, 'json', Buffer.from('{}')).resourceSpans; // []
 */
export function readOtlpBody<Desc extends DescMessage>(
  desc: Desc,
  encoding: Encoding,
  body: Uint8Array,
): MessageShape<Desc> {
  if (encoding === 'protobuf') return readOtlpProtobuf(desc, body);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new OtlpError('body: not valid UTF-8', { cause: error });
  }
  return readOtlpJson(desc, text);
}
