/** Any function of the form of `fetch`. */
type Fetch = typeof fetch;

/**
 * A `fetch` that reads no more of the body of an error than may be read: SDKs read all of it before they throw.
 *
 * What is read is cut at so many bytes, and the connection is closed there.
 */
export function limitErrorBodies(request: Fetch | undefined, maxLength: number): Fetch {
  return async (input, init) => {
    const response = await (request ?? fetch)(input, init);
    if (response.ok || !response.body) return response;
    return new Response(response.body.pipeThrough(upTo(maxLength)), response);
  };
}

function upTo(length: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = length;
  return new TransformStream({
    transform(piece, controller) {
      controller.enqueue(piece.subarray(0, left));
      left -= piece.length;
      if (left < 0) controller.terminate();
    },
  });
}
