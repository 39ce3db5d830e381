import { styleText } from 'node:util';
import type { Environment, Io } from '../io.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

/** What the terminal allows, decided once. stdout is not asked: its bytes are the same everywhere. */
export interface Terminal {
  /** Colours on stderr. */
  readonly isColoured: boolean;
  /** A line on stderr may be redrawn in place. */
  readonly isLive: boolean;
  /** A question may be asked: someone can see it and answer it. */
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
