/**
 * Which credentials have been verified lately, by a keyed hash: 4 bytes each, one place per hash. Two that meet in one place take it from
 * each other with every request. It decides about shares of the rate limit only, never whether a credential is accepted.
 */
export interface ProvenCredentials {
  readonly bytes: number;
  has(low: number, high: number): boolean;
  note(low: number, high: number, isValid: boolean): void;
}

/** Creates room for this many credentials. */
export function createProvenCredentials(places: number): ProvenCredentials {
  const marks = new Int32Array(places);
  const placeOf = (low: number) => ((low >>> 0) * (places / 2 ** 32)) | 0;
  // 0 is an empty place.
  const markOf = (high: number) => high || 1;
  return {
    bytes: marks.byteLength,
    has: (low, high) => marks[placeOf(low)] === markOf(high),
    note(low, high, isValid) {
      const place = placeOf(low);
      if (isValid) marks[place] = markOf(high);
      else if (marks[place] === markOf(high)) marks[place] = 0;
    },
  };
}
