/** Errors that the other side told of; held by nothing but themselves. */
const told = new WeakSet<object>();

/** Notes that an error came over the wire, as the end of the answer. */
export function asTold<T extends object>(error: T): T {
  told.add(error);
  return error;
}

/** Whether the answer ended with this error, rather than that the connection was lost. */
export function wasTold(error: object): boolean {
  return told.has(error);
}
