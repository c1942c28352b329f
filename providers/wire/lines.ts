import { createParser } from 'eventsource-parser';
import { longestPage, shorten, WireError } from './wireError.ts';

/** Turns decoded text into wire events; one per response. */
export interface TextReader {
  /** Takes the next piece of text, however it was cut. */
  push(text: string): void;
  /** Takes what is left after the last line end. */
  end(): void;
}

/** Takes the data of one event: JSON, or a sentinel such as `[DONE]`. */
export type OnEvent = (data: string, eventName?: string) => void;

/**
 * Hands on whole lines only, so that whatever reads them sees the same however the network cut them.
 *
 * A piece without a line end is kept as it is and joined once, which keeps a line of many pieces linear.
 */
function wholeLines(maxLength: number, onLines: (text: string) => void): TextReader {
  let pending: string[] = [];
  let length = 0;

  return {
    push(text) {
      const end = endOfLines(text);
      if (end > 0) {
        const lines = pending.length > 0 ? pending.join('') + text.slice(0, end) : text.slice(0, end);
        pending = [];
        length = 0;
        onLines(lines);
      }
      if (end < text.length) {
        pending.push(end > 0 ? text.slice(end) : text);
        length += text.length - end;
        if (length > maxLength) throw oversized(maxLength);
      }
    },
    end() {
      const rest = pending.join('');
      pending = [];
      if (rest !== '') onLines(rest + '\n');
    },
  };
}

/** The index behind the last line end; of a text that ends its lines by LF nothing but the rest is searched for CR. */
function endOfLines(text: string): number {
  const end = text.lastIndexOf('\n') + 1;
  return text.includes('\r', end) ? text.lastIndexOf('\r') + 1 : end;
}

/**
 * Reads Server-Sent Events: LF, CR and CRLF, comments, several `data` lines, no blank line at the end.
 *
 * `onStrayLine` gets lines that are no SSE: GPUStack sends `error: {"detail":…}`.
 */
function readServerSentEvents(
  maxLength: number,
  onEvent: OnEvent,
  onStrayLine: (line: string) => void,
): TextReader {
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: ({ data, event }) => onEvent(data, event),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw oversized(maxLength);
      if (error.line !== undefined) onStrayLine(error.line);
    },
  });
  const lines = wholeLines(maxLength, (text) => parser.feed(text));

  return {
    push: (text) => lines.push(text),
    end() {
      lines.end();
      parser.feed('\n\n');
    },
  };
}

/** Reads newline-delimited JSON: one event a line, blank lines are passed over. */
export function readJsonLines(maxLength: number, onEvent: OnEvent): TextReader {
  return byFirstCharacter(() =>
    wholeLines(maxLength, (text) => {
      for (const line of text.split(text.includes('\r') ? /[\r\n]+/ : '\n')) {
        if (line.trim() !== '') onEvent(line);
      }
    }),
  );
}

/** Reads a body that is one JSON document: the answer to a request with `stream: false`. */
function readDocument(maxLength: number, onEvent: OnEvent): TextReader {
  const pieces: string[] = [];
  let length = 0;

  return {
    push(text) {
      pieces.push(text);
      length += text.length;
      if (length > maxLength) throw oversized(maxLength);
    },
    end: () => onEvent(pieces.join('')),
  };
}

/** Server-Sent Events or, where the server sent the whole answer at once, one JSON document: the first character tells. */
export function readEventsOrDocument(
  maxLength: number,
  onEvent: OnEvent,
  onStrayLine: (line: string) => void,
): TextReader {
  return byFirstCharacter((first) =>
    first === '{' ? readDocument(maxLength, onEvent) : readServerSentEvents(maxLength, onEvent, onStrayLine),
  );
}

/** Chooses who reads a body by its first character that is no blank; a page of HTML is refused. */
function byFirstCharacter(choose: (first: string) => TextReader): TextReader {
  let reader: TextReader | undefined;

  return {
    push(text) {
      if (!reader) {
        const first = text.trimStart()[0];
        if (first === undefined) return;
        reader = first === '<' ? refusePage() : choose(first);
      }
      reader.push(text);
    },
    end: () => reader?.end(),
  };
}

/** Reads the beginning of a page: proxies and sites that want a login send one, with status 200. */
function refusePage(): TextReader {
  let page = '';
  const refuse = () => {
    throw new WireError(`answered with a page of HTML: ${shorten(page)}`, {
      code: 'unexpected-content',
      retryable: false,
    });
  };

  return {
    push(text) {
      page += text;
      if (page.length >= longestPage) refuse();
    },
    end: refuse,
  };
}

/** The error of an event that is too long. */
export function oversized(maxLength: number): WireError {
  return new WireError(`sent an event of more than ${maxLength} characters (maxEventLength)`, {
    code: 'event-too-large',
    retryable: false,
  });
}
