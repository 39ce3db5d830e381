/**
 * Which credentials have been verified lately at which addresses, by a keyed hash: 4 bytes each, one place per hash. Two that meet in one place take it from
 * each other with every request. It decides about shares of the rate limit only, never whether a credential is accepted.
 */
export class ProvenCredentials {
  readonly #marks: Int32Array;

  constructor(places: number) {
    this.#marks = new Int32Array(places);
  }

  get bytes(): number {
    return this.#marks.byteLength;
  }

  #placeOf(low: number): number {
    return ((low >>> 0) * (this.#marks.length / 2 ** 32)) | 0;
  }

  has(low: number, high: number): boolean {
    // 0 is an empty place.
    return this.#marks[this.#placeOf(low)] === (high || 1);
  }

  note(low: number, high: number, isValid: boolean): void {
    if (isValid) this.#marks[this.#placeOf(low)] = high || 1;
    else if (this.has(low, high)) this.#marks[this.#placeOf(low)] = 0;
  }
}
