import { styleText } from 'node:util';
import type { Environment, Io } from '../io.ts';

/** The styles that are used, by their names in `util.styleText`. */
export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';
/** Text in a style, or as it is where the terminal has no colours. */
export type Paint = (colour: Colour, text: string) => string;

/** What the terminal can do, read once. Whether stdout is a terminal plays no part: its bytes are the same everywhere. */
export interface Terminal {
  /** Colours on stderr. */
  readonly isColoured: boolean;
  /** A line on stderr may be redrawn in place. */
  readonly isLive: boolean;
  /** A question can be asked: stdin and stderr are terminals, and this is no CI system. */
  readonly isInteractive: boolean;
  readonly paint: Paint;
}

/** An environment variable counts when it is set to something: the convention of https://no-color.org. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function isColoured(io: Io, env: Environment): boolean {
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0';
  if (isSet(env.NO_COLOR) || env.TERM === 'dumb') return false;
  return io.stderr.isTerminal;
}

/** Reads the terminal's abilities from the streams and from FORCE_COLOR, NO_COLOR, TERM and CI. */
export function describeTerminal(io: Io, env: Environment): Terminal {
  const hasColour = isColoured(io, env);
  return {
    isColoured: hasColour,
    isLive: io.stderr.isTerminal && env.TERM !== 'dumb' && !isSet(env.CI),
    // NOTE: a getter, because opening stdin costs time that most commands need not pay.
    get isInteractive() {
      return io.stdin.isTerminal && io.stderr.isTerminal && !isSet(env.CI);
    },
    paint: (colour, text) => (hasColour ? styleText(colour, text, { validateStream: false }) : text),
  };
}
