import { ProviderError } from '../../src/errors.ts';

/** What a tool of an MCP server gave back. */
export interface CallToolResult {
  readonly content: readonly ContentPart[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

/** A text, an image, a sound, a resource or a link to one. */
interface ContentPart {
  readonly type: string;
  readonly text?: string;
  /** Bytes in base64. */
  readonly data?: string;
  readonly resource?: { readonly blob?: string };
}

/**
 * The parts that hold bytes, for whoever can show them, and last the result for the model.
 *
 * @throws {ProviderError} with the words of the server, when the tool failed
 */
export function toEmissions(result: CallToolResult, provider: string): readonly unknown[] {
  const { content, structuredContent, isError } = result;
  const parts = content.map(toPart);
  if (isError) {
    const words = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
    throw new ProviderError(words.join('\n') || 'The server does not say why.', {
      provider,
      retryable: false,
    });
  }
  const [only = null, ...others] = parts;
  return [...content.filter(hasBytes), structuredContent ?? (others.length > 0 ? parts : only)];
}

function hasBytes({ data, resource }: ContentPart): boolean {
  return (data ?? resource?.blob) !== undefined;
}

/** A part of the content as a model can read it: a million characters of base64 would only fill its context. */
function toPart(part: ContentPart): unknown {
  const { type, text, data, resource } = part;
  if (type === 'text') return text;
  if (data !== undefined) return { ...part, data: omitted(data) };
  if (resource?.blob !== undefined)
    return { ...part, resource: { ...resource, blob: omitted(resource.blob) } };
  return part;
}

function omitted(base64: string): string {
  return `${base64.length} characters of base64, left out`;
}
