// A connection that sends requests which are ready as bytes: so cheap that servers are measured, not this.

import { connect } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

export class Connection {
  #address;
  #socket = null;
  #parts = [];
  #waiting = null;

  constructor(address) {
    this.#address = address;
  }

  /** Sends a request and resolves with the status and the text of its answer. */
  async exchange(request) {
    if (!this.#socket) await this.#open();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      for (const part of request) this.#socket.write(part);
    });
  }

  close() {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open() {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.#address, noDelay: true });
      this.#parts = [];
      socket.once("connect", () => {
        this.#socket = socket;
        resolve();
      });
      socket.on("error", (error) => this.#broken(error, reject));
      socket.on("close", () => this.#broken(new Error("the server closed the connection"), reject));
      socket.on("data", (part) => this.#take(part));
    });
  }

  #broken(error, reject) {
    this.#socket = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    (waiting ? waiting.reject : reject)(error);
  }

  #take(part) {
    this.#parts.push(part);
    const bytes = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
    const answer = parse(bytes);
    if (!answer) return;
    this.#parts = [];
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(answer);
    if (answer.closes) this.close();
  }
}

/** The whole answer, or null while some of it is missing. */
function parse(bytes) {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const head = bytes.latin1Slice(0, end).toLowerCase();
  const body = bytes.subarray(end + HEAD_END.length);
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  const isWhole = length
    ? body.length >= Number(length[1])
    : body.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  if (!isWhole) return null;
  return {
    status: Number(head.slice(9, 12)),
    text: body.toString(),
    closes: /\r\nconnection: *close/.test(head),
  };
}
