/** How far a number has been read. Behind `zero`, `integer`, `fraction` and `exponent` it may end. */
export const phases = {
  begin: 0,
  zero: 1,
  integer: 2,
  point: 3,
  fraction: 4,
  letter: 5,
  sign: 6,
  exponent: 7,
  /** No character of a number, or none that can stand here. */
  over: 8,
} as const;

export type Phase = (typeof phases)[keyof typeof phases];

/** The phase after one more character, the leading minus aside. */
export function nextPhase(phase: Phase, code: number): Phase {
  const { begin, zero, integer, point, fraction, letter, sign, exponent, over } = phases;
  if (code >= 48 && code <= 57) {
    if (phase === begin) return code === 48 ? zero : integer;
    if (phase === zero) return over;
    return phase === integer ? integer : phase <= fraction ? fraction : exponent;
  }
  switch (code) {
    // A point.
    case 46:
      return phase === zero || phase === integer ? point : over;
    // E and e.
    case 69:
    case 101:
      return phase === zero || phase === integer || phase === fraction ? letter : over;
    // A plus and a minus.
    case 43:
    case 45:
      return phase === letter ? sign : over;
    default:
      return over;
  }
}

/** Whether a number may end here. */
export function mayEnd(phase: Phase): boolean {
  return (
    phase === phases.zero ||
    phase === phases.integer ||
    phase === phases.fraction ||
    phase === phases.exponent
  );
}
