import { connect } from 'node:net';

const HEAD_END = '\r\n\r\n';
const ROOM = 64 * 1024;

/**
 * One HTTP/1.1 connection that is kept alive and carries one request at a time. As cheap as it can be: request bytes that are made
 * once, a buffer that is read into again and again, and an answer that looks like the one before is only compared.
 */
export class Connection {
  /** How long a whole answer was last time, in bytes. */
  #length = 0;
  #kept = Buffer.alloc(0);

  /**
   * @param {object} given
   * @param {number} given.port
   * @param {Buffer} given.request whole, head and body
   * @param {Buffer | undefined} given.expected the body of every answer; any, unless given
   * @param {() => void} given.onAnswer
   * @param {(error: Error) => void} given.onFault another status or body, or an end
   */
  constructor({ port, request, expected, onAnswer, onFault }) {
    Object.assign(this, { request, expected, onAnswer, onFault });
    const callback = (length, buffer) => {
      this.#take(buffer.subarray(0, length));
      return true;
    };
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: Buffer.allocUnsafe(ROOM), callback } });
    this.socket.on('error', (error) => onFault(error));
    this.socket.on('end', () => onFault(new Error('The server has ended the connection.')));
  }

  /** @param {number} dueAt from when on its answer is waited for, by `performance.now()` */
  send(dueAt) {
    this.dueAt = dueAt;
    this.socket.write(this.request);
  }

  close() {
    this.socket.removeAllListeners('end').destroy();
  }

  #take(chunk) {
    const bytes = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    const isWhole = this.#looksAsBefore(bytes) || this.#isAnswer(bytes);
    this.#kept = isWhole ? EMPTY : Buffer.from(bytes);
    if (isWhole) this.onAnswer();
  }

  /** Whether status, length and body are those of the answer before. */
  #looksAsBefore(bytes) {
    if (bytes.length !== this.#length || this.expected === undefined || !isOk(bytes)) return false;
    const head = bytes.length - this.expected.length;
    return this.expected.compare(bytes, head) === 0 && bytes[head - 1] === 0x0a && bytes[head - 3] === 0x0a;
  }

  /** Whether all of the answer is there. What is not a good one is a fault. */
  #isAnswer(bytes) {
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd === -1) return false;
    const head = bytes.latin1Slice(0, headEnd);
    if (!isOk(bytes)) return this.#fault(`an answer "${head.split('\r\n', 1)[0]}"`);
    const [, length] = /^content-length: *(\d+)/im.exec(head) ?? [];
    if (length === undefined) return this.#fault('an answer without Content-Length');
    const whole = headEnd + HEAD_END.length + Number(length);
    if (bytes.length < whole) return false;
    const body = bytes.subarray(headEnd + HEAD_END.length);
    if (bytes.length > whole) return this.#fault('more than one answer');
    if (this.expected !== undefined && !this.expected.equals(body)) return this.#fault(`an answer with the body ${body}`);
    this.#length = whole;
    return true;
  }

  #fault(what) {
    this.onFault(new Error(`The server gave ${what}.`));
    return false;
  }
}

const EMPTY = Buffer.alloc(0);
const OK = Buffer.from('HTTP/1.1 200');
const CREATED = Buffer.from('HTTP/1.1 201');

/** Nest answers a POST with 201 unless told otherwise. */
function isOk(bytes) {
  return [OK, CREATED].some((status) => bytes.compare(status, 0, status.length, 0, status.length) === 0);
}
