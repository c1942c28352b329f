/** An element as a test reads it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Of it and of all that is in it. */
  text: string;
  readonly children: XmlElement[];
}

/** Any character that XML may have, but for those that begin markup. */
const plain = String.raw`[\t\n\r\u0020-\u0025\u0027-\u003b\u003d-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]`;
const token = new RegExp(
  String.raw`<(?<close>/)?(?<name>[A-Za-z]+)(?<attributes>(?: [A-Za-z:-]+="[^"<&]*")*)(?<empty>/)?>|(?<text>(?:${plain}|&#\d+;)+)`,
  'uy',
);

/**
 * Reads the small part of XML that pictures are made of, and throws at anything else: at an open element, at a bare `&`,
 * at a character that XML forbids. That browsers read the same is tested in the browser.
 */
export function readXml(source: string): XmlElement {
  const root: XmlElement = { name: '', attributes: new Map(), text: '', children: [] };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const { close, name, attributes = '', empty, text } = token.exec(source)?.groups ?? {};
    if (text !== undefined) {
      const words = text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
      for (const each of open) each.text += words;
    } else if (name === undefined) {
      throw new Error(`This is no XML: ${source.slice(at, at + 60)}`);
    } else if (close) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      const pairs = [...attributes.matchAll(/ ([^=]+)="([^"]*)"/g)];
      const element = {
        name,
        attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])),
        text: '',
        children: [],
      };
      open.at(-1)?.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [only] = root.children;
  if (open.length > 1 || !only || root.children.length > 1)
    throw new Error('There must be one element, and closed');
  return only;
}

/** An element and all that are in it. */
export function allElements(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(allElements)];
}

/** The notifications that a picture shows, as it tells them. */
export function notificationsOf(svg: XmlElement): string[] {
  return allElements(svg)
    .filter(({ attributes }) => attributes.get('class')?.startsWith('notification '))
    .map(({ children }) => children.find(({ name }) => name === 'title')?.text ?? '');
}
