/** The facts of an HTTP error in the form of the SDKs' errors, for requests that are made without one of them. */
export async function toHttpError(response: Response): Promise<Error> {
  const { status, statusText, headers } = response;
  const text = await response.text().catch(() => '');
  const message = statusText === '' ? 'status code (no body)' : statusText;

  return Object.assign(new Error(`${status} ${message}`), { status, headers, error: parse(text) });
}

/** Whatever the content type says: proxies and gateways send JSON as plain text, and HTML as JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
